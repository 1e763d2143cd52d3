"""One question to the engine for all jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from zenml.exceptions import RunInterruptedException
from zenml_acme._core.engine import Handle, JobState, Phase
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

    def __call__(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        """Answer."""
        names = [job.name for job in jobs]
        self.questions.append(names)
        if self.fault:
            raise self.fault
        return {name: JobState(self.phase) for name in names}


def state(poller: Poller, name: str, max_age: float = LONG) -> JobState:
    return poller.states([Handle(name)], max_age)[name]


def test_however_many_ask_the_engine_is_asked_once() -> None:
    engine = Asked()
    poller = Poller(engine, pause=lambda: 0)
    names = [f"job-{number:03}" for number in range(200)]
    for name in names:
        state(poller, name)
    engine.questions.clear()

    state(poller, names[0], max_age=-1)
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda name: state(poller, name), names))

    assert engine.questions == [names]


def test_an_old_answer_is_not_given_again() -> None:
    engine = Asked()
    poller = Poller(engine, pause=lambda: 0)
    state(poller, "job")
    engine.phase = Phase.SUCCEEDED

    assert state(poller, "job").phase is Phase.RUNNING
    assert state(poller, "job", max_age=-1).phase is Phase.SUCCEEDED


def test_a_job_that_has_ended_is_asked_for_no_more() -> None:
    engine = Asked()
    poller = Poller(engine, pause=lambda: 0)
    engine.phase = Phase.SUCCEEDED
    state(poller, "ended")
    engine.phase = Phase.RUNNING
    state(poller, "job")

    assert engine.questions == [["ended"], ["job"]]
    assert state(poller, "ended").phase is Phase.RUNNING


def test_an_engine_that_cannot_be_asked_is_not_asked_by_each_step() -> None:
    engine = Asked()
    poller = Poller(engine, pause=lambda: 0)
    state(poller, "one")
    state(poller, "two")
    engine.questions.clear()
    engine.fault = ConnectionError("out for lunch")

    for name, max_age in (("one", -1), ("two", LONG), ("one", LONG)):
        with pytest.raises(ConnectionError):
            state(poller, name, max_age)

    assert engine.questions == [["one", "two"]]


def test_an_interrupt_is_no_answer_of_the_engine() -> None:
    engine = Asked()
    poller = Poller(engine, pause=lambda: 0)
    state(poller, "one")
    engine.fault = RunInterruptedException("Ctrl-C, in the midst of the question")
    with pytest.raises(RunInterruptedException):
        state(poller, "two")
    engine.fault = None

    assert state(poller, "two").phase is Phase.RUNNING


def test_a_job_that_an_answer_lacks_is_unknown() -> None:
    poller = Poller(lambda jobs: {}, pause=lambda: 0)

    assert state(poller, "job").phase is Phase.UNKNOWN


def test_the_engine_gets_its_pause_however_many_ask() -> None:
    engine = Asked()
    poller = Poller(engine, pause=lambda: 0.2)
    started = time.monotonic()
    with ThreadPoolExecutor(20) as threads:
        list(threads.map(lambda number: state(poller, f"job-{number}"), range(20)))

    assert len(engine.questions) <= 1 + (time.monotonic() - started) / 0.2


def test_who_is_in_a_hurry_asks_alone_while_another_question_hangs() -> None:
    asked, answer = threading.Event(), threading.Event()

    def poll(jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        if jobs == [Handle("slow")]:
            asked.set()
            answer.wait(30)
        return {job.name: JobState(Phase.CANCELLED) for job in jobs}

    poller = Poller(poll, pause=lambda: 0)
    with ThreadPoolExecutor() as threads:
        hanging = threads.submit(state, poller, "slow")
        asked.wait(30)
        told = poller.states([Handle("job")], max_age=0, patience=0.1)
        answer.set()
        hanging.result()

    assert told["job"].phase is Phase.CANCELLED


def test_a_job_that_ended_in_somebody_elses_question_can_be_asked_for_again() -> None:
    engine = Asked()
    engine.phase = Phase.SUCCEEDED
    poller = Poller(engine, pause=lambda: 0)
    poller.watch(Handle("job"))
    state(poller, "other")

    assert state(poller, "job", max_age=-1).phase is Phase.SUCCEEDED
