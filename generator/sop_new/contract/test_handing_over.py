"""What an operator makes of what is handed over to it: real pipelines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from .builds import builds_for_a_step
from .checks import check, needs_submit, plays, refuse_if
from .launcher import Played, wait_for
from .stage import Stage
from .test_success import seen_by
from .zenml_at_hand import needs_status

APP = Path("/app")
"""Where ZenML's own entrypoint works."""


@check(
    "SOP330",
    severity="serious",
    demands="A step on a host does not work in `/app`.",
    why="ZenML's entrypoint makes this folder, as it is made in its images: on a host that fails "
    "for everybody but root, and two steps at once write into each other's files (ZenML "
    "0.98, entrypoints/base_entrypoint_configuration.py, prepare_code_environment).",
    mend="Name a subclass of StepOperatorEntrypointConfiguration in `entrypoint_config_class` "
    "that overrides `prepare_code_environment`; before ZenML 0.93, `run`.",
)
def test_a_host_has_no_app(looked: Played, operator: Any) -> None:
    if builds_for_a_step(operator):
        pytest.skip("its steps run in images, where /app is their own")
    if looked.step().get("status") != "completed":
        refuse_if(f"'{APP}'" in looked.error, f"the step: {looked.error}")
        pytest.skip("no step has run to its end: see SOP301")
    seen = seen_by(looked)
    here = Path("/").stat()
    if seen["contained"] and seen["root"] != [here.st_dev, here.st_ino]:
        pytest.skip("its steps run in containers, where /app is their own")
    folder = Path(seen["folder"])
    refuse_if(folder == APP or APP in folder.parents, f"the step worked in {folder}")


@check(
    "SOP337",
    severity="minor",
    demands="The environment that is handed over is left as it is.",
    why="It is ZenML's, which hands the same one to `launch` when `submit` ends with "
    "NotImplementedError (ZenML 0.98, orchestrators/step_launcher.py, "
    "_run_step_with_step_operator).",
    mend="Change a copy: `environment = dict(environment)`.",
)
def test_the_environment_is_left(running: Stage) -> None:
    changed: set[str] = set()
    for played in running.played.values():
        changed.update(played.changed or ())
    refuse_if(changed, f"changed, added or gone: {', '.join(sorted(changed))}")


@check(
    "SOP338",
    severity="minor",
    demands="The same step run handed over twice is one job.",
    why="A launcher that got no answer, or was started again, hands it over once more, and ZenML "
    "itself does so by `launch` when `submit` ends with NotImplementedError, however late: "
    "two jobs write the same outputs (ZenML 0.98, orchestrators/step_launcher.py, "
    "_run_step_with_step_operator).",
    mend="Name the job after `info.step_run_id`, and take one of this name that is there for it.",
)
@plays("static.marking@twice", submits=True)
@needs_status
def test_a_step_handed_over_twice_is_one_job(running: Stage, operator_class: Any) -> None:
    needs_submit(operator_class)
    played = running.play("static.marking@twice")
    marks = Path(played.marks or os.devnull)

    def count() -> int:
        return len([*marks.iterdir()]) if marks.is_dir() else 0

    # The second one may be on its way.
    if count() == 1:
        wait_for(lambda: count() > 1, running.step_seconds)
    refuse_if(
        count() != 1 or played.run != "completed",
        f"the run: {played.status}; instead of one process {count()} have run; {played.error}",
    )
