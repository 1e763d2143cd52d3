"""What a step costs beside its own process, as a ratio within one run.

Run as `.venv/bin/python benchmarks/steps.py [ROUNDS]`. A step that does nothing goes through the
backend `local`, and its entrypoint is started by hand in the same environment, in turns; medians
are compared. With ZenML's own wait, which looks after 1, 2, 4, 8 seconds, for comparison.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]

PIPELINE = """
from zenml import pipeline, step

@step(step_operator="acme", enable_cache=False)
def nothing() -> int:
    return 1

@pipeline
def empty() -> None:
    nothing()
"""


def main(rounds: str) -> None:
    """Make a project and an environment, and measure there."""
    sys.path.insert(0, str(REPOSITORY))
    from tests.template.environments import lay_over, whole_environment
    from tests.template.rendering import commit_template, copy_template, render
    from tests.zenml.versions import NEWEST

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        template = commit_template(copy_template(place / "template"))
        project = render(template, place / "zenml-acme", {"backend": "local"})
        environment = lay_over(whole_environment(NEWEST.lock), place / "environment")
        environment.install("--editable", str(project))
        (place / "root").mkdir()
        (place / "root" / "flow.py").write_text(PIPELINE)
        environment.run(str(project / "examples" / "register.py"), "--activate", folder=project)
        root = place / "root"
        print(
            environment.run(
                __file__, "inside", rounds, folder=root, ZENML_REPOSITORY_PATH=str(root)
            )
        )


def inside(rounds: int) -> None:
    """Measure, where ZenML and the project are."""
    import logging

    from zenml.client import Client
    from zenml.step_operators import BaseStepOperator
    from zenml.utils import source_utils

    logging.disable()
    source_utils.set_custom_source_root(str(Path.cwd()))
    sys.path.insert(0, str(Path.cwd()))
    import flow

    operator = type(Client().active_stack.step_operator)
    ours, wait = operator.submit, operator.wait
    clock: dict[str, float] = {}

    def submit(self: Any, *given: Any, **named: Any) -> None:
        clock["submitted"] = time.perf_counter()
        ours(self, *given, **named)

    def timed(waiting: Any) -> Any:
        def wait(self: Any, step_run: Any) -> Any:
            status = waiting(self, step_run)
            clock["ended"] = time.perf_counter()
            return status

        return wait

    class ByHand:
        """Runs a step's entrypoint itself, and measures it."""

        honours = needs = frozenset[str]()
        pause_seconds = 0.0

        def submit(self, job: Any) -> dict[str, str]:
            from zenml_acme._core.environment.job_folder import JobFolder

            with tempfile.TemporaryDirectory() as home:
                arguments = JobFolder(Path(home)).prepare(job)
                started = time.perf_counter()
                subprocess.run(
                    (sys.executable, *arguments),
                    cwd=home,
                    env={"PATH": os.environ["PATH"], **job.environment},
                    check=True,
                    capture_output=True,
                )
                clock["process"] = time.perf_counter() - started
            return {}

        def poll(self, jobs: Any) -> Any:
            from zenml_acme._core.engine import JobState, Phase

            return {job.name: JobState(Phase.SUCCEEDED, 0) for job in jobs}

        def cancel(self, jobs: Any, force: bool = False) -> None: ...

        def remove(self, job: Any) -> None: ...

    def through(waiting: Any) -> float:
        operator.wait = timed(waiting)
        flow.empty()
        return clock["ended"] - clock["submitted"]

    def by_hand() -> float:
        engines.append(ByHand())
        flow.empty()
        engines.pop()
        return clock["process"]

    engines = [Client().active_stack.step_operator.engine]
    operator.engine = property(lambda _: engines[-1])
    operator.submit = submit
    through(wait)
    times = [(through(wait), by_hand(), through(BaseStepOperator.wait)) for _ in range(rounds)]
    mine, process, theirs = (median(column) for column in zip(*times, strict=True))
    print(f"the entrypoint's own process     {process:6.2f} s")
    print(f"the step through the operator    {mine:6.2f} s  ratio {mine / process:.2f}")
    print(f"the same with ZenML's own wait   {theirs:6.2f} s  ratio {theirs / process:.2f}")


if __name__ == "__main__":
    if "inside" in sys.argv:
        inside(int(sys.argv[2]))
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else "5")
