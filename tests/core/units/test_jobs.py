"""Ending jobs: telling the engine, looking, and forcing it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import pytest
from zenml.step_operators import BaseStepOperatorConfig
from zenml_acme._core.engine import Handle, Job, JobState, Phase
from zenml_acme._core.lifecycle import jobs as lifecycle_jobs
from zenml_acme._core.lifecycle.jobs import LOG_BYTES, Jobs
from zenml_acme._core.lifecycle.masking import Mask


class Engine:
    """An engine whose jobs end as a test says."""

    honours: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    pause_seconds = 0.0

    def __init__(self) -> None:
        """Let jobs run, and end when they are told to."""
        self.heeds = {False: Phase.CANCELLED, True: Phase.CANCELLED}
        self.phase = Phase.RUNNING
        self.told: list[tuple[list[Handle], bool]] = []
        self.faults: list[Exception] = []
        self.answers: list[Phase] = []
        self.questions = 0
        self.written = b""

    def submit(self, job: Job) -> Mapping[str, str]:
        raise NotImplementedError

    def poll(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        self.questions += 1
        phase = self.answers.pop(0) if self.answers else self.phase
        return {job.name: JobState(phase) for job in jobs}

    def cancel(self, jobs: Sequence[Handle], force: bool = False) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.told.append((list(jobs), force))
        self.phase = self.heeds[force]

    def logs(self, job: Handle, limit: int) -> str:
        return self.written[-limit:].decode(errors="replace")

    def remove(self, job: Handle) -> None:
        raise NotImplementedError


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(lifecycle_jobs, "FORCE_SECONDS", 0.3)
    monkeypatch.setattr(lifecycle_jobs, "RETRY_SECONDS", 0.01)
    return Engine()


@pytest.fixture
def jobs(engine: Engine) -> Jobs:
    mask = Mask(BaseStepOperatorConfig())
    mask.learn("one", {"TOKEN": "canary-4f1d0c"})
    return Jobs(lambda: engine, mask, grace_seconds=0.3)


def test_a_job_that_heeds_is_not_forced(engine: Engine, jobs: Jobs) -> None:
    jobs.learn("one", {"number": "7"})
    jobs.end(["one"])

    assert engine.told == [([Handle("one", {"number": "7"})], False)]


def test_a_job_that_does_not_heed_is_forced(engine: Engine, jobs: Jobs) -> None:
    engine.heeds[False] = Phase.RUNNING
    jobs.end(["one"])

    assert engine.told == [([Handle("one")], False), ([Handle("one")], True)]


def test_an_end_that_does_not_come_is_an_error(engine: Engine, jobs: Jobs) -> None:
    engine.heeds = {False: Phase.RUNNING, True: Phase.RUNNING}

    with pytest.raises(RuntimeError, match="one may still run"):
        jobs.end(["one"])


def test_an_engine_that_cannot_be_told_now_is_told_later(engine: Engine, jobs: Jobs) -> None:
    engine.faults = [ConnectionError("out for lunch")] * 3
    jobs.end(["one"])

    assert len(engine.told) == 1


def test_an_engine_that_can_never_be_told_is_an_error_without_secrets(
    engine: Engine, jobs: Jobs
) -> None:
    engine.faults = [ConnectionError("no canary-4f1d0c")] * 1000

    with pytest.raises(RuntimeError, match=r"one may still run: no \*\*\*"):
        jobs.end(["one"])


def test_who_does_not_insist_hears_at_once_that_it_cannot_be_told(
    engine: Engine, jobs: Jobs
) -> None:
    engine.faults = [ConnectionError("not installed")] * 2
    engine.heeds[False] = Phase.RUNNING

    with pytest.raises(RuntimeError, match="may still run: not installed"):
        jobs.end(["one"], insist=False)

    assert len(engine.faults) == 1
    assert not engine.questions


def test_one_answer_that_lacks_a_job_is_not_its_end(engine: Engine, jobs: Jobs) -> None:
    engine.heeds[False] = Phase.RUNNING
    engine.answers = [Phase.UNKNOWN, Phase.RUNNING]
    jobs.end(["one"])

    assert engine.told[-1][1]


def test_a_job_that_the_engine_does_not_know_has_ended(engine: Engine, jobs: Jobs) -> None:
    engine.heeds[False] = Phase.UNKNOWN
    jobs.end(["one"])

    assert len(engine.told) == 1


def test_forty_jobs_cost_as_many_questions_as_one(engine: Engine, jobs: Jobs) -> None:
    engine.answers = [Phase.RUNNING] * 2
    started = time.monotonic()
    jobs.end([f"job-{number}" for number in range(40)])

    assert len(engine.told) == 1
    assert len(engine.told[0][0]) == 40
    assert engine.questions <= 1 + (time.monotonic() - started) / lifecycle_jobs.LOOK_SECONDS


def test_a_log_is_quoted_from_its_end_within_a_bound(engine: Engine, jobs: Jobs) -> None:
    engine.written = b"x" * 3_000_000 + b"the end"

    log = jobs.log("one")
    assert len(log) == LOG_BYTES
    assert log.endswith("the end")


def test_a_log_is_quoted_line_by_line_and_each_once(engine: Engine, jobs: Jobs) -> None:
    engine.written = b"begin\n" + b"again\n" * 1000 + b"key canary-4f1d0c\n"

    assert jobs.log("one") == "begin\nagain  [1000 times]\nkey ***"
    assert jobs.log("one", lines=1) == "key ***"


def test_a_log_that_may_hold_unknown_secrets_is_not_quoted(engine: Engine, jobs: Jobs) -> None:
    engine.written = b"canary-4f1d0c"

    assert "canary" not in jobs.log("of another process")
