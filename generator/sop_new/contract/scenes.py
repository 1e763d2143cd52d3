"""Steps that somebody ends, or asks about, while they run."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

from .launcher import END_SECONDS, Launcher, Played, wait_for
from .stage import SOON_SECONDS, Stage, is_renewed

ENDED = ("completed", "failed", "stopped")

RETURN_SECONDS = 5
"""How long `submit` may take to return once the step runs."""

VAIN_SECONDS = 10
"""How long is waited for a method whose engine does not answer."""


@dataclass(frozen=True)
class Interrupted:
    """A step whose launcher got a signal.

    Attributes:
        goes_on: Whether it outlived that.
        left: What left the method that waited for it, other than the interrupt; None if
            no such method was left.
    """

    goes_on: bool
    left: str | None


def by_ctrl_c(stage: Stage) -> Interrupted | None:
    """Interrupt a step as a terminal does; None if it has not begun."""
    return _interrupted(stage, signal.SIGINT)


def by_termination(stage: Stage) -> Interrupted | None:
    """Interrupt a step as a supervisor does; None if it has not begun."""
    return _interrupted(stage, signal.SIGTERM)


def _interrupted(stage: Stage, number: signal.Signals) -> Interrupted | None:
    launcher, mark = stage.start("static.waiting")
    if not mark:
        return None
    # An operator that only has `launch` does not tell.
    _has_returned(mark, 1)
    # A machine that is busy takes its time.
    launcher.interrupt(number, max(END_SECONDS, stage.step_seconds))
    left = _beside(mark, "left")
    return Interrupted(goes_on(mark), left.read_text("utf-8") if left.exists() else None)


class Orphan:
    """A step whose launcher was killed, and what another process says about it."""

    def __init__(self, launcher: Launcher, mark: Path, stage: Stage) -> None:
        """Kill its launcher, and ask about it in this order."""
        self.run = mark.parent.name
        self.returned = _has_returned(mark, RETURN_SECONDS)
        launcher.process.kill()
        launcher.process.wait()
        self.status = stage.do(f"ask.get_status@{self.run}")
        self.unheard_status = stage.do(f"deaf.get_status@{self.run}", VAIN_SECONDS)
        self.unheard_cancel = Played({}, "", 0, False)
        if is_cut_off(self.unheard_status):
            self.unheard_cancel = stage.do(f"deaf.cancel@{self.run}", VAIN_SECONDS)
        # It may have been heard in another way.
        is_told = self.unheard_cancel.ended and not self.unheard_cancel.raised
        self.outlived = not is_told or not wait_for(lambda: not is_renewed(mark), RETURN_SECONDS)
        self.cancelled = stage.do(f"ask.cancel@{self.run}")
        self.goes_on = goes_on(mark)


def orphaned(stage: Stage) -> Orphan | None:
    """Start a step, and kill its launcher; None if it has not begun."""
    launcher, mark = stage.start("static.waiting")
    return Orphan(launcher, mark, stage) if mark else None


@dataclass(frozen=True)
class Unnoted:
    """A step of which nothing could be noted down when it was submitted.

    Attributes:
        played: What came of its pipeline.
        goes_on: Whether it runs on although its submission has failed.
    """

    played: Played
    goes_on: bool


def unnoted(stage: Stage) -> Unnoted:
    """Submit a step while ZenML's store takes no metadata."""
    played = stage.do("static.waiting@unnoted")
    marks = Path(played.marks or "")
    if played.returned or not played.marks:
        return Unnoted(played, goes_on=False)
    # It may be on its way.
    begun = wait_for(lambda: any(marks.iterdir()), stage.step_seconds)
    found = begun and goes_on(next(marks.iterdir()))
    (marks / "go").touch()
    return Unnoted(played, found)


def is_cut_off(played: Played) -> bool:
    """Tell whether a method has asked an engine that does not answer."""
    return bool(played.met) or not played.ended


def goes_on(mark: Path) -> bool:
    """Tell whether a step does not end, though it was told to; end it then."""
    ended = wait_for(lambda: not is_renewed(mark), SOON_SECONDS)
    (mark.parent / "go").touch()
    return not ended


def told(played: Played) -> str:
    """Say what a method returned, or that it did not."""
    if not played.ended:
        return played.status
    return str(played.raised or played.value)


def _has_returned(mark: Path, seconds: float) -> bool:
    return wait_for(_beside(mark, "returned").exists, seconds)


def _beside(mark: Path, what: str) -> Path:
    return Path(f"{mark.parent}.{what}")
