"""One question to the engine for all jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from zenml.exceptions import RunInterruptedException
from zenml_acme._core.engine import JobState, Phase
from zenml_acme._core.lifecycle.polling import Poller

LONG = 600
"""Seconds that no test takes."""


class Asked:
    """Answers, and remembers the questions."""

    def __init__(self) -> None:
        """Say that all jobs run."""
        self.questions: list[list[str]] = []
        self.phase = Phase.RUNNING
        self.fault: Exception | None = None

    def __call__(self, names: Sequence[str]) -> Mapping[str, JobState]:
        """Answer."""
        self.questions.append(list(names))
        if self.fault:
            raise self.fault
        return {name: JobState(self.phase) for name in names}


def test_however_many_ask_the_engine_is_asked_once() -> None:
    engine = Asked()
    poller = Poller(engine)
    names = [f"job-{number:03}" for number in range(200)]
    for name in names:
        poller.state(name, max_age=LONG)
    engine.questions.clear()

    poller.state(names[0], max_age=-1)
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda name: poller.state(name, max_age=LONG), names))

    assert engine.questions == [names]


def test_an_old_answer_is_not_given_again() -> None:
    engine = Asked()
    poller = Poller(engine)
    poller.state("job", max_age=LONG)
    engine.phase = Phase.SUCCEEDED

    assert poller.state("job", max_age=LONG).phase is Phase.RUNNING
    assert poller.state("job", max_age=-1).phase is Phase.SUCCEEDED


def test_a_job_that_has_ended_is_asked_for_no_more() -> None:
    engine = Asked()
    poller = Poller(engine)
    engine.phase = Phase.SUCCEEDED
    poller.state("ended", max_age=LONG)
    engine.phase = Phase.RUNNING
    poller.state("job", max_age=LONG)

    assert engine.questions == [["ended"], ["job"]]
    assert poller.state("ended", max_age=LONG).phase is Phase.RUNNING


def test_an_engine_that_cannot_be_asked_is_not_asked_by_each_step() -> None:
    engine = Asked()
    poller = Poller(engine)
    poller.state("one", max_age=LONG)
    poller.state("two", max_age=LONG)
    engine.questions.clear()
    engine.fault = ConnectionError("out for lunch")

    for name, max_age in (("one", -1), ("two", LONG), ("one", LONG)):
        with pytest.raises(ConnectionError):
            poller.state(name, max_age)

    assert engine.questions == [["one", "two"]]


def test_an_interrupt_is_no_answer_of_the_engine() -> None:
    engine = Asked()
    poller = Poller(engine)
    poller.state("one", max_age=LONG)
    engine.fault = RunInterruptedException("Ctrl-C, in the midst of the question")
    with pytest.raises(RunInterruptedException):
        poller.state("two", max_age=LONG)
    engine.fault = None

    assert poller.state("two", max_age=LONG).phase is Phase.RUNNING
