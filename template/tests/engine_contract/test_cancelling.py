"""A job is told to end, and does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from . import facts
from .jobs import RETURN_SECONDS, Runner, Started, config, until, within
from .project import Handle, Phase
from .test_commands import BEATS, DAEMON

BEATING = f"echo up; {BEATS}"


@pytest.mark.runs("sh", "-c", BEATING)
def test_a_running_job_is_cancelled(job: Started) -> None:
    job.wait_for("up").cancel()

    job.ends_as(Phase.CANCELLED)
    assert job.is_silent()


@pytest.mark.runs("sh", "-c", f"trap 'echo tidied up; exit 0' TERM; {BEATING}")
def test_a_job_may_tidy_up_first(job: Started) -> None:
    job.wait_for("up").cancel()

    job.ends_as(Phase.CANCELLED)
    assert "tidied up" in job.log()


@pytest.mark.runs("sh", "-c", f"trap '' TERM; {BEATING}")
def test_one_that_ignores_it_is_forced(job: Started) -> None:
    job.wait_for("up").cancel()
    job.cancel(force=True)

    job.ends_as(Phase.CANCELLED)
    assert job.is_silent()


@pytest.mark.runs("python", "-c", f"{DAEMON}\nimport time; time.sleep(600)")
def test_what_it_has_started_ends_with_it(job: Started) -> None:
    job.wait_for("up").cancel()

    job.ends_as(Phase.CANCELLED)
    assert job.is_silent()


def test_a_queued_job_never_starts(runner: Runner) -> None:
    if not facts.QUEUED:
        pytest.skip("facts.py names no settings with which a job stays in the queue")
    queued = config().model_copy(update=facts.QUEUED)
    job = runner.start("echo", "up", options=queued)
    until(lambda: job.state().phase is Phase.PENDING)
    assert job.state().reason
    job.cancel()

    job.ends_as(Phase.CANCELLED)
    assert not job.log()


@pytest.mark.runs("true")
def test_a_finished_job_stays_what_it_is(job: Started) -> None:
    job.ends_as(Phase.SUCCEEDED)
    job.cancel()
    job.cancel(force=True)

    assert job.state().phase is Phase.SUCCEEDED


def test_an_unknown_job_is_no_error(runner: Runner) -> None:
    job = Started(runner, Handle(runner.job().name))
    job.cancel()
    job.cancel(force=True)

    assert job.state().phase in (Phase.UNKNOWN, Phase.CANCELLED)


def test_many_are_cancelled_in_one_go_wherever_they_are(runner: Runner) -> None:
    with ThreadPoolExecutor(12) as pool:
        jobs = [*pool.map(lambda _: runner.start("sleep", "600"), range(12))]
    handles = [job.handle for job in jobs]
    within(RETURN_SECONDS, lambda: runner.engine.cancel(handles))

    assert runner.ends(jobs) == {Phase.CANCELLED}
    # By then, one that was on its way has arrived; its end was for good.
    runner.start("true").ends_as(Phase.SUCCEEDED)
    assert runner.phases(jobs) == {Phase.CANCELLED}
