"""Steps that end badly, and what the user reads then: real pipelines."""

from __future__ import annotations

import pytest

from .checks import check, plays, refuse_if
from .stage import Stage
from .zenml_at_hand import needs_commands


@check(
    "SOP311",
    severity="serious",
    demands="A step that fails ends its run, which counts as failed.",
    why="ZenML believes what it is told: otherwise the next step runs on what is not "
    "there, or everybody waits (ZenML 0.98, orchestrators/step_launcher.py).",
    mend="Let `launch` raise, and `get_status` and `wait` say FAILED, when the job has failed.",
)
@plays("static.failing")
def test_a_failure_is_a_failure(running: Stage) -> None:
    played = running.play("static.failing")
    refuse_if(
        played.run != "failed" or not played.raised,
        f"the run: {played.status}; raised: {played.error}",
    )


@check(
    "SOP312",
    severity="serious",
    demands="Whoever started the pipeline reads why its step failed.",
    why="The exception stays on the other machine, unless the error or the log of "
    "the run names it; ZenML knows a status only (ZenML 0.98, "
    "orchestrators/step_launcher.py).",
    mend="Do not replace the step's own exception; put the end of the job's log into the error.",
)
@plays("static.failing")
def test_the_reason_is_read(running: Stage) -> None:
    played = running.play("static.failing")
    refuse_if(
        "no such thing as a" not in played.said,
        f"nothing that was printed names the exception; raised: {played.error}",
    )


@check(
    "SOP313",
    severity="serious",
    demands="A step whose process ends with 0, but without a result, has failed.",
    why="It hangs, if the operator says COMPLETED and ZenML waits for a result that "
    "nobody publishes any more; so does whoever waits for the run (ZenML 0.98, "
    "orchestrators/step_launcher.py).",
    mend="When the engine says that the job is done, ask ZenML for the step's status; "
    "say FAILED if it is still running some seconds later.",
)
@plays("static.vanishing")
def test_a_step_that_vanishes_has_failed(running: Stage) -> None:
    played = running.play("static.vanishing")
    refuse_if(
        played.run != "failed",
        f"the run: {played.status}; raised: {played.error}",
    )


@check(
    "SOP314",
    severity="serious",
    demands="A step whose process ends with another code than 0 has failed.",
    why="Nothing else tells of a step that was killed, as when memory ran out: it "
    "cannot tell ZenML itself, which waits on (ZenML 0.98, "
    "step_operators/base_step_operator.py).",
    mend="Look at the job's exit code, and do not wait for the step to speak.",
)
@plays("static.dying")
def test_a_step_that_dies_has_failed(running: Stage) -> None:
    played = running.play("static.dying")
    refuse_if(
        played.run != "failed",
        f"the run: {played.status}; raised: {played.error}",
    )


@check(
    "SOP315",
    severity="minor",
    demands="The last words of a step that died are shown.",
    why="What such a step has printed is in the engine's log alone, often on a "
    "machine that its user cannot reach, and ZenML asks no engine for it (ZenML "
    "0.98, step_operators/base_step_operator.py).",
    mend="Fetch the end of a failed job's log, and put it into the error.",
)
@plays("static.dying")
def test_last_words_are_shown(running: Stage) -> None:
    played = running.play("static.dying")
    if played.run != "failed":
        pytest.skip("it does not count as failed: see SOP314")
    refuse_if(
        "these are my last words" not in played.said,
        f"what the step printed is nowhere; raised: {played.error}",
    )


@check(
    "SOP316",
    severity="serious",
    demands="A command step that fails has failed.",
    why="No ZenML runs beside a command: the operator's word is all there is (ZenML "
    "0.95 and later, orchestrators/step_launcher.py).",
    mend="Say FAILED when the command's exit code is not 0.",
)
@plays("commands.failing_command")
@needs_commands
def test_a_command_that_fails_has_failed(running: Stage) -> None:
    played = running.play("commands.failing_command")
    refuse_if(
        played.run != "failed",
        f"the run: {played.status}; raised: {played.error}",
    )
