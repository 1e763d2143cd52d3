"""What a machine behind ssh costs, as ratios and differences within one run.

Run as `.venv/bin/python benchmarks/transport.py HOST [ROUNDS]`; `ssh HOST` has to reach a machine
without a question. The engine of `local` is asked here and there, in turns; medians are compared.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

REPOSITORY = Path(__file__).resolve().parents[1]


def main(host: str, rounds: str = "9") -> None:
    """Make a project and an environment, and measure there."""
    sys.path.insert(0, str(REPOSITORY))
    from tests.template.environments import lay_over, whole_environment
    from tests.template.rendering import copy_template, render
    from tests.zenml.versions import NEWEST

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        project = render(copy_template(place / "t"), place / "zenml-acme", {"backend": "local"})
        environment = lay_over(whole_environment(NEWEST.lock), place / "environment")
        environment.install("--editable", str(project))
        (place / "root").mkdir()
        # Text that is hard to compress, as code is: 2 MiB.
        (place / "root" / "tree.txt").write_text(os.urandom(2**20).hex())
        told = environment.run(__file__, "inside", host, rounds, folder=place / "root")
        print(told.partition("RESULTS")[2].strip())


def inside(host: str, rounds: int) -> None:
    """Measure, where ZenML and the project are."""
    from zenml_acme._core.engine import Engine, Handle, Host, Job
    from zenml_acme._core.environment.prepare import empty_host, machine_of
    from zenml_acme._core.environment.source_tree import archive_tree
    from zenml_acme._core.resources import Resources
    from zenml_acme._core.transport import messages
    from zenml_acme.config import AcmeStepOperatorConfig as Config
    from zenml_acme.engine import connect

    config = Config(ssh_host=host)
    here, there = machine_of(Config()), machine_of(config)
    engine_here = here.engine(connect(config, here.folder))
    started = time.perf_counter()
    engine_there = there.engine(connect(config, there.folder))
    engine_there.poll([])
    first = time.perf_counter() - started

    def in_turns(*calls: Callable[[], Any]) -> list[float]:
        """The median of what each call takes, in seconds."""
        taken: list[list[float]] = [[] for _ in calls]
        for _ in range(rounds):
            for times, call in zip(taken, calls, strict=True):
                started = time.perf_counter()
                call()
                times.append(time.perf_counter() - started)
        return [median(times) for times in taken]

    def run(engine: Engine, place: Host) -> None:
        handle = Handle(f"benchmark-{uuid4()}")
        engine.submit(Job(handle.name, ("true",), {}, Resources(), None, config, place, {}))
        while not engine.poll([handle])[handle.name].phase.ended:
            time.sleep(0.02)
        engine.remove(handle)

    one, fifty = ([Handle(f"none-{number}") for number in range(count)] for count in (1, 50))
    question, asked, asked_fifty, fifty_here = in_turns(
        lambda: engine_here.poll(one),
        lambda: engine_there.poll(one),
        lambda: engine_there.poll(fifty),
        lambda: engine_here.poll(fifty),
    )
    place_here, place_there = empty_host(here, config), empty_host(there, config)
    step_here, step_there = in_turns(
        lambda: run(engine_here, place_here), lambda: run(engine_there, place_there)
    )

    sent = 0
    write = messages.write

    def counted(file: Any, message: Any, content: bytes = b"") -> None:
        nonlocal sent
        sent += len(json.dumps(message)) + len(content)
        write(file, message, content)

    messages.write = counted
    archive = archive_tree(Path.cwd(), there.folder / "sources", limit_mib=100)
    there.bring(archive)
    once, sent = sent, 0
    there.bring(archive)

    print("RESULTS")
    for what, value in (
        ("the first question, with the connection", f"{first * 1000:.0f} ms"),
        ("a question for one job, more than here", f"{(asked - question) * 1000:.1f} ms"),
        ("for fifty jobs, more than here", f"{(asked_fifty - fifty_here) * 1000:.1f} ms"),
        ("a job from its submission to its end, more than here", f"{step_there - step_here:.2f} s"),
        ("a tree of 2 MiB, the first time", f"{once / 1000:.0f} kB"),
        ("the same tree again", f"{sent / 1000:.1f} kB"),
    ):
        print(f"{what:55} {value}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        inside(sys.argv[2], int(sys.argv[3]))
    else:
        main(*sys.argv[1:])
