"""The wait for the end of a step, against a clock of the test's own."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from zenml.enums import ExecutionStatus
from zenml.exceptions import RunInterruptedException
from zenml.step_operators import BaseStepOperatorConfig
from zenml_acme._core.lifecycle import waiting
from zenml_acme._core.lifecycle.masking import Mask

RUNNING = ExecutionStatus.RUNNING, ""

MASK = Mask(BaseStepOperatorConfig())


def nobody() -> None:
    """Know nothing: as a step that has told ZenML nothing, and a job without a record."""


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        """Start at nought."""
        self.now = 0.0

    def monotonic(self) -> float:
        """Tell the time, in seconds."""
        return self.now

    def sleep(self, pause: float) -> None:
        """Let time pass."""
        self.now += pause


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which steps are waited for."""
    clock = Clock()
    monkeypatch.setattr(waiting, "time", clock)
    return clock


@pytest.mark.parametrize("seconds", [0.1, 1, 4, 60, 1000, 100_000])
def test_the_end_of_a_step_is_noticed_soon_and_with_few_questions(
    clock: Clock, seconds: float
) -> None:
    asked = SimpleNamespace(times=0)

    def ask() -> tuple[ExecutionStatus, str]:
        asked.times += 1
        return RUNNING if clock.now < seconds else (ExecutionStatus.COMPLETED, "")

    assert waiting.wait_for_end(ask, nobody, 300, MASK) == ExecutionStatus.COMPLETED
    assert clock.now - seconds <= max(0.25, 0.05 * seconds)
    assert asked.times <= 200 + seconds / 45


def test_an_engine_that_comes_back_fails_nothing(clock: Clock) -> None:
    def ask() -> tuple[ExecutionStatus, str]:
        if 10 < clock.now < 300:
            raise ConnectionError("out for lunch")
        return RUNNING if clock.now < 400 else (ExecutionStatus.COMPLETED, "")

    assert waiting.wait_for_end(ask, nobody, 300, MASK) == ExecutionStatus.COMPLETED


def test_an_engine_that_never_answers_is_given_up(clock: Clock) -> None:
    def ask() -> tuple[ExecutionStatus, str]:
        raise ConnectionError("gone for good")

    with pytest.raises(waiting.UnreachableError, match=r"answered for 3\d\d s(.|\n)*gone for"):
        waiting.wait_for_end(ask, nobody, 300, MASK)

    assert clock.now < 330


@pytest.mark.parametrize("why", ["", "out of memory"])
def test_how_a_step_ended_is_believed_of_others_once_the_engine_is_given_up(
    clock: Clock, why: str
) -> None:
    def ask() -> tuple[ExecutionStatus, str]:
        raise ConnectionError("gone for good")

    told = ExecutionStatus.FAILED, why
    if why:
        with pytest.raises(waiting.StepFailedError, match=why):
            waiting.wait_for_end(ask, lambda: told, 300, MASK)
    else:
        status = waiting.wait_for_end(ask, lambda: told, 300, MASK)
        assert status == ExecutionStatus.FAILED
    assert clock.now >= 300


def test_a_mistake_in_the_engines_code_is_not_waited_for(clock: Clock) -> None:
    def ask() -> tuple[ExecutionStatus, str]:
        raise AttributeError("no such method")

    with pytest.raises(AttributeError, match="no such method"):
        waiting.wait_for_end(ask, nobody, 300, MASK)

    assert clock.now == 0


def test_an_interrupt_ends_the_wait(clock: Clock) -> None:
    def ask() -> tuple[ExecutionStatus, str]:
        raise RunInterruptedException("Ctrl-C")

    with pytest.raises(RunInterruptedException):
        waiting.wait_for_end(ask, nobody, 300, MASK)

    assert clock.now == 0


def test_what_only_the_engine_knows_becomes_the_error(clock: Clock) -> None:
    with pytest.raises(waiting.StepFailedError, match="out of memory"):
        waiting.wait_for_end(lambda: (ExecutionStatus.FAILED, "out of memory"), nobody, 1, MASK)
