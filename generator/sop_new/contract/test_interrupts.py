"""Launchers that are interrupted or killed while a step runs: real pipelines."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from .checks import check, needs_submit, overrides, refuse_if
from .stage import SOON_SECONDS, Launcher, Played, Stage, is_renewed, wait_for
from .zenml_at_hand import needs_cleanup, needs_status

ENDED = ("completed", "failed", "stopped")
KEPT = ("initializing", "provisioning", "running", *ENDED)
"""What ZenML's monitor of dynamic pipelines goes on watching, or takes for an end."""


def start(stage: Stage) -> tuple[Launcher, Path]:
    """Start a step that waits."""
    launcher, mark = stage.start("static.waiting")
    if not mark:
        pytest.skip("the step that waits has not begun: see SOP301")
    return launcher, mark


def still_runs(stage: Stage, number: signal.Signals) -> bool:
    """Tell whether a step outlives a signal to its launcher."""
    launcher, mark = start(stage)
    launcher.interrupt(number)
    return goes_on(mark)


def goes_on(mark: Path) -> bool:
    """Tell whether a step does not end, though it was told to; end it then."""
    ended = wait_for(lambda: not is_renewed(mark), SOON_SECONDS)
    (mark.parent / "go").touch()
    return not ended


@check(
    "SOP317",
    severity="serious",
    demands="Ctrl-C at the launcher ends the step that runs.",
    why="ZenML calls `cancel` for no step of a static pipeline: the run is failed, and "
    "the job goes on, which costs and may write (ZenML 0.98, orchestrators/"
    "step_launcher.py).",
    mend="In `wait` and `launch`, cancel the job on any BaseException; raise it again.",
)
def test_an_interrupt_ends_the_step(running: Stage) -> None:
    refuse_if(still_runs(running, signal.SIGINT), "the step goes on")


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
def test_a_termination_ends_the_step(running: Stage) -> None:
    refuse_if(still_runs(running, signal.SIGTERM), "the step goes on")


class Orphan:
    """A step whose launcher was killed, and what another process says about it."""

    def __init__(self, stage: Stage) -> None:
        """Start the step, kill its launcher, and ask about it in this order."""
        launcher, self.mark = start(stage)
        returned = Path(f"{self.mark.parent}.returned")
        self.returned = wait_for(returned.exists, 5)
        launcher.process.kill()
        launcher.process.wait()
        self.status = stage.play("ask.get_status")
        self.cancelled = stage.play("ask.cancel")
        self.goes_on = goes_on(self.mark)


@pytest.fixture(scope="module")
def orphan(running: Stage, operator_class: Any) -> Orphan:
    """Such a step."""
    needs_submit(operator_class)
    return Orphan(running)


@pytest.fixture(scope="module")
def cancelled(running: Stage, orphan: Orphan, operator_class: Any) -> Stage:
    """The stage, where another process has cancelled this step."""
    if not overrides(operator_class, "cancel"):
        pytest.skip("it cannot cancel: see SOP119")
    if orphan.goes_on:
        pytest.skip("it was not cancelled: see SOP322 and SOP323")
    return running


def told(played: Played) -> str:
    """Say what a method returned, or that it did not."""
    if not played.ended:
        return played.status
    return str(played.raised or played.value)


@check(
    "SOP319",
    severity="serious",
    demands="`submit` returns while the step runs.",
    why="A dynamic pipeline submits from a few threads: each is occupied until its "
    "step ends, and nobody can stop that (ZenML 0.94 and later; in 0.98, "
    "execution/pipeline/dynamic/runner.py).",
    mend="Start the job and return; leave waiting to `wait`.",
)
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
@needs_status
def test_only_what_the_monitor_knows_is_said(running: Stage, orphan: Orphan) -> None:
    said = {str(orphan.status.value)} if orphan.status.value else set()
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
@needs_status
def test_a_cancelled_step_has_ended(cancelled: Stage) -> None:
    last: list[str] = []

    def ended() -> bool:
        cancelled.played.pop("ask.get_status", None)
        last.append(told(cancelled.play("ask.get_status")))
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
@needs_status
def test_cancelling_again_is_no_error(cancelled: Stage) -> None:
    cancelled.played.pop("ask.cancel", None)
    played = cancelled.play("ask.cancel")
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
@needs_status
def test_waiting_ends(cancelled: Stage) -> None:
    if told(cancelled.play("ask.get_status")) not in ENDED:
        pytest.skip("it has no end: see SOP324")
    played = cancelled.play("ask.wait")
    refuse_if(not played.ended, f"`wait`: {told(played)}")


@check(
    "SOP327",
    severity="minor",
    demands="Cleaning up after a step that was cancelled is no error.",
    why="ZenML does so after every step, and logs the traceback of each error (ZenML "
    "0.96 and later, orchestrators/step_launcher.py).",
    mend="Take what is not there for removed.",
)
@needs_cleanup
def test_cleaning_up_is_no_error(cancelled: Stage) -> None:
    played = cancelled.play("ask.cleanup_step_submission")
    refuse_if(played.raised or not played.ended, f"it: {told(played)}")
