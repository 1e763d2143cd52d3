"""Launchers that are interrupted or killed while a step runs: real pipelines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .checks import check, overrides, plays, refuse_if
from .launcher import wait_for
from .scenes import (
    ENDED,
    Interrupted,
    Orphan,
    by_ctrl_c,
    by_termination,
    orphaned,
    told,
)
from .stage import SOON_SECONDS, Stage
from .zenml_at_hand import needs_cleanup, needs_status

KEPT = ("initializing", "provisioning", "running", *ENDED)
"""What ZenML's monitor of dynamic pipelines goes on watching, or takes for an end."""


def interrupted(stage: Stage, scene: Callable[[Stage], Interrupted | None]) -> Interrupted:
    """Return what came of an interrupt."""
    found: Interrupted | None = stage.see(scene)
    if found is None:
        pytest.skip("the step that waits has not begun: see SOP301")
    return found


@check(
    "SOP317",
    severity="serious",
    demands="Ctrl-C at the launcher ends the step that runs.",
    why="ZenML calls `cancel` for no step of a static pipeline: the run is failed, and "
    "the job goes on, which costs and may write (ZenML 0.98, orchestrators/"
    "step_launcher.py).",
    mend="In `wait` and `launch`, cancel the job on any BaseException; raise it again.",
)
@plays(by_ctrl_c)
def test_an_interrupt_ends_the_step(running: Stage) -> None:
    refuse_if(interrupted(running, by_ctrl_c).goes_on, "the step goes on")


@check(
    "SOP318",
    severity="serious",
    demands="SIGTERM at the launcher ends the step that runs.",
    why="It is what a CI job, a container or a supervisor gets when it is stopped. "
    "ZenML raises an exception then, or does nothing, and the step goes on, "
    "which costs and may write (ZenML 0.98, orchestrators/signal_handler.py).",
    mend="Listen for SIGTERM, or make sure that it arrives as an exception in `wait` "
    "and `launch`; cancel the job then.",
)
@plays(by_termination)
def test_a_termination_ends_the_step(running: Stage) -> None:
    refuse_if(interrupted(running, by_termination).goes_on, "the step goes on")


@pytest.fixture(scope="module")
def cancelled(running: Stage, orphan: Orphan, operator_class: Any) -> Stage:
    """The stage, where another process has cancelled this step."""
    if not overrides(operator_class, "cancel"):
        pytest.skip("it cannot cancel: see SOP119")
    if orphan.goes_on:
        pytest.skip("it was not cancelled: see SOP322 and SOP323")
    return running


@check(
    "SOP319",
    severity="serious",
    demands="`submit` returns while the step runs.",
    why="A dynamic pipeline submits from a few threads: each is occupied until its "
    "step ends, and nobody can stop that (ZenML 0.94 and later; in 0.98, "
    "execution/pipeline/dynamic/runner.py).",
    mend="Start the job and return; leave waiting to `wait`.",
)
@plays(orphaned, submits=True)
@needs_status
def test_submit_does_not_wait(orphan: Orphan) -> None:
    refuse_if(not orphan.returned, "the step runs, and `submit` has not returned")


@check(
    "SOP320",
    severity="serious",
    demands="Another process finds a running step, and says so.",
    why="A dynamic run that is resumed asks, from another process, for steps whose "
    "launcher is gone, with all that it remembered (ZenML 0.98, execution/pipeline/"
    "dynamic/runner.py).",
    mend="Name the job after the step run's id, or publish its name as metadata before "
    "`submit` returns; let `get_status` find it by that alone.",
)
@plays(orphaned, submits=True)
@needs_status
def test_another_process_finds_the_step(orphan: Orphan) -> None:
    refuse_if(
        not orphan.status.value or orphan.status.value in ENDED,
        f"a step runs, and `get_status` says: {told(orphan.status)}",
    )


@check(
    "SOP321",
    severity="serious",
    demands="`get_status` says nothing that ZenML's monitor does not know.",
    why="The monitor of dynamic pipelines drops a step at any other status, and its "
    "run never ends (ZenML 0.98, execution/pipeline/dynamic/runner.py).",
    mend="Translate to one of INITIALIZING, PROVISIONING, RUNNING, COMPLETED, FAILED "
    "and STOPPED: a job in a queue is INITIALIZING.",
)
@plays(orphaned, submits=True)
@needs_status
def test_only_what_the_monitor_knows_is_said(running: Stage, orphan: Orphan) -> None:
    said: set[str] = set()
    for played in running.played.values():
        said.update(played.statuses or ())
    unknown = sorted(said - {*KEPT})
    refuse_if(unknown, f"it has said {', '.join(unknown)}")


@check(
    "SOP322",
    severity="serious",
    demands="`cancel` raises nothing for a step that runs, from another process too.",
    why="ZenML cancels steps when another one has failed, or their run is stopped, and "
    "only logs what is raised: the job goes on (ZenML 0.98, execution/pipeline/"
    "dynamic/runner.py).",
    mend="Find the job by the step run's id or by its metadata, not by what this "
    "process remembers.",
)
@plays(orphaned, submits=True)
@needs_status
def test_cancel_raises_nothing(orphan: Orphan, operator_class: Any) -> None:
    if not overrides(operator_class, "cancel"):
        pytest.skip("it cannot cancel: see SOP119")
    seen = told(orphan.cancelled)
    refuse_if(orphan.cancelled.raised or not orphan.cancelled.ended, f"`cancel`: {seen}")


@check(
    "SOP323",
    severity="serious",
    demands="A step that was cancelled ends, within half a minute.",
    why="It goes on costing and writing, and nobody looks after it any longer: ZenML "
    "calls `cancel` and takes it as done (ZenML 0.98, "
    "execution/pipeline/dynamic/runner.py).",
    mend="Let `cancel` end the job, and raise if the engine does not.",
)
@plays(orphaned, submits=True)
@needs_status
def test_cancel_ends_the_step(orphan: Orphan, operator_class: Any) -> None:
    if not overrides(operator_class, "cancel"):
        pytest.skip("it cannot cancel: see SOP119")
    if orphan.cancelled.raised or not orphan.cancelled.ended:
        pytest.skip("it was not cancelled: see SOP322")
    refuse_if(orphan.goes_on, "the step goes on")


@check(
    "SOP324",
    severity="serious",
    demands="The status of a cancelled step is an end.",
    why="ZenML waits for it as long as it is told that the step runs (ZenML 0.98, "
    "step_operators/base_step_operator.py).",
    mend="Say STOPPED, or FAILED, for a job that was cancelled; and for one that the "
    "engine does not know any more.",
)
@plays(orphaned, submits=True)
@needs_status
def test_a_cancelled_step_has_ended(cancelled: Stage, orphan: Orphan) -> None:
    last: list[str] = []

    def ended() -> bool:
        last.append(told(cancelled.play_again(f"ask.get_status@{orphan.run}")))
        return last[-1] in ENDED

    later = f"{SOON_SECONDS:.0f} s later"
    refuse_if(not wait_for(ended, SOON_SECONDS), f"{later} `get_status` says: {last[-1]}")


@check(
    "SOP325",
    severity="minor",
    demands="Cancelling a step that has ended is no error.",
    why="It may end at the moment when it is cancelled; ZenML then logs a traceback "
    "that worries people for nothing (ZenML 0.98, execution/pipeline/dynamic/"
    "runner.py).",
    mend="Take a job that has ended, or is gone, for cancelled.",
)
@plays(orphaned, submits=True)
@needs_status
def test_cancelling_again_is_no_error(cancelled: Stage, orphan: Orphan) -> None:
    played = cancelled.play_again(f"ask.cancel@{orphan.run}")
    refuse_if(played.raised or not played.ended, f"`cancel`: {told(played)}")


@check(
    "SOP326",
    severity="serious",
    demands="Waiting for a step that was cancelled elsewhere comes to an end.",
    why="Its launcher hangs otherwise, when somebody has stopped the run on the "
    "dashboard or scancelled its job (ZenML 0.98, step_operators/"
    "base_step_operator.py).",
    mend="Leave `wait` when the engine says that the job has ended.",
)
@plays(orphaned, submits=True)
@needs_status
def test_waiting_ends(cancelled: Stage, orphan: Orphan) -> None:
    if told(cancelled.play(f"ask.get_status@{orphan.run}")) not in ENDED:
        pytest.skip("it has no end: see SOP324")
    played = cancelled.play(f"ask.wait@{orphan.run}")
    refuse_if(not played.ended, f"`wait`: {told(played)}")


@check(
    "SOP327",
    severity="minor",
    demands="Cleaning up after a step that was cancelled is no error.",
    why="ZenML does so after every step, and logs the traceback of each error (ZenML "
    "0.96 and later, orchestrators/step_launcher.py).",
    mend="Take what is not there for removed.",
)
@plays(orphaned, submits=True)
@needs_cleanup
def test_cleaning_up_is_no_error(cancelled: Stage, orphan: Orphan) -> None:
    played = cancelled.play(f"ask.cleanup_step_submission@{orphan.run}")
    refuse_if(played.raised or not played.ended, f"it: {told(played)}")


@check(
    "SOP334",
    severity="serious",
    demands="An interrupt is passed on once the step is cancelled.",
    why="Whoever stops a run means all of it: ZenML ends the run by the exception that its "
    "handler of signals has raised, and retries a step that failed in any other way "
    "(ZenML 0.98, execution/step/utils.py, launch_step).",
    mend="In `wait` and `launch`, raise it again after the cancel, as `raise` alone does; "
    "neither return a status nor raise another exception instead.",
)
@plays(by_ctrl_c)
def test_an_interrupt_is_passed_on(running: Stage) -> None:
    left = interrupted(running, by_ctrl_c).left
    if left is None:
        pytest.skip("what waits for the step was not left by the interrupt")
    refuse_if(left, f"who waits for the step did not raise it: {left}")


@check(
    "SOP335",
    severity="serious",
    demands="`get_status` returns one of ZenML's ExecutionStatus.",
    why="ZenML asks what it gets whether it `is_finished`: a text, or None, ends the wait for "
    "the step with an AttributeError (ZenML 0.94 and later; in 0.98, "
    "step_operators/base_step_operator.py, wait).",
    mend="Translate what the engine says; where it says nothing, raise.",
)
@plays(orphaned, submits=True)
@needs_status
def test_a_status_is_one_of_zenmls(running: Stage, orphan: Orphan) -> None:
    strange: set[str] = set()
    for played in running.played.values():
        strange.update(played.strange or ())
    refuse_if(strange, f"it has returned {', '.join(sorted(strange))}")
