"""What is left when all pipelines have ended; runs after them."""

from __future__ import annotations

from .checks import check, refuse_if
from .launcher import wait_for
from .stage import Stage

END_SECONDS = 10
"""How long an ended step's processes may take to be gone."""


@check(
    "SOP328",
    severity="serious",
    demands="When all runs have ended, no process of a step is left.",
    why="It holds memory and a gpu, on a machine that others use; ZenML leaves that "
    "to the operator (ZenML 0.98, orchestrators/step_launcher.py).",
    mend="Run a step in a process group, or whatever the engine has for it, and end all of it.",
)
def test_no_process_is_left(running: Stage) -> None:
    # All of them have come to their ends.
    _ = running.played
    running.end_launchers()

    def left() -> list[str]:
        return [" ".join(process.cmdline()) for process in running.watch.processes()]

    refuse_if(not wait_for(lambda: not left(), END_SECONDS), f"left: {left()}")


@check(
    "SOP329",
    severity="minor",
    demands="A step that ended well leaves nothing among the temporary files.",
    why="They are never removed, and one day the disk of a launcher is full; ZenML "
    "leaves that to the operator (ZenML 0.98, orchestrators/step_launcher.py).",
    mend="Remove them when the step is submitted, or in `cleanup_step_submission`.",
)
def test_no_temporary_file_is_left(running: Stage) -> None:
    left = sorted(path.name for path in running.temporary.iterdir())
    refuse_if(left, f"left: {', '.join(left)}")
