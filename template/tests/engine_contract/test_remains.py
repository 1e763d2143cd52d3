"""What a job leaves: its log, and after its removal nothing."""

from __future__ import annotations

import tracemalloc

import pytest

from .jobs import Runner, Started
from .project import Handle, Phase

BINARY = r"import sys; sys.stdout.buffer.write(bytes(range(256)) + b'\nthe end')"
HUGE = "for _ in range(100): print('x' * 10**6, end='')\nprint('the end', end='')"
LIMIT = 2**16


@pytest.mark.runs("python", "-c", BINARY)
def test_a_binary_log_is_text(job: Started) -> None:
    job.ends_as(Phase.SUCCEEDED)

    assert "ABC" in job.log()
    assert job.log().endswith("the end")


@pytest.mark.runs("python", "-c", HUGE)
def test_a_huge_log_is_read_from_its_end_in_little_memory(job: Started) -> None:
    job.ends_as(Phase.SUCCEEDED)
    tracemalloc.start()
    log = job.log(LIMIT)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert log.endswith("xx" + "the end")
    assert len(log) <= LIMIT
    assert most < 100 * LIMIT


def test_a_job_that_was_never_there_has_no_log(runner: Runner) -> None:
    assert runner.engine.logs(Handle(runner.job().name), LIMIT) == ""


@pytest.mark.runs("echo", "words")
def test_a_removed_job_leaves_nothing(job: Started, runner: Runner) -> None:
    job.ends_as(Phase.SUCCEEDED)
    runner.engine.remove(job.handle)

    assert job.log() == ""
    assert not [*runner.workdir.rglob(f"*{job.handle.name}*")]


@pytest.mark.runs("true")
def test_a_job_that_is_gone_is_removed_again(job: Started, runner: Runner) -> None:
    job.ends_as(Phase.SUCCEEDED)
    runner.engine.remove(job.handle)
    runner.engine.remove(job.handle)


def test_a_job_that_was_never_there_is_removed(runner: Runner) -> None:
    runner.engine.remove(Handle(runner.job().name))
