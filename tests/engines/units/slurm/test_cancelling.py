"""A job that is told to end, and what it leaves."""

from pathlib import Path

import pytest
from test_engine import JOB, Clients, job, state
from zenml_acme._core.engine import Handle, Phase
from zenml_acme.engine.client import SlurmEngine


def test_a_cancelled_job_runs_until_slurm_has_ended_it(slurm: Clients, engine: SlurmEngine) -> None:
    engine.submit(job())
    slurm.list_job("RUNNING")
    engine.cancel([JOB])
    slurm.list_job("COMPLETING")
    assert state(engine).phase is Phase.RUNNING

    slurm.answer("squeue")
    assert state(engine).phase is Phase.CANCELLED


@pytest.mark.parametrize("known", ["COMPLETED", "COMPLETING"])
def test_a_job_that_ends_already_is_not_told_to(
    slurm: Clients, engine: SlurmEngine, known: str
) -> None:
    engine.submit(job())
    slurm.list_job(known)
    engine.cancel([JOB])

    assert not slurm.asked("scancel")


def test_a_job_that_is_unknown_can_be_cancelled_and_removed(
    engine: SlurmEngine, home: Path
) -> None:
    engine.cancel([JOB])
    engine.remove(JOB)

    assert not home.exists()


def test_remove_leaves_nothing(slurm: Clients, engine: SlurmEngine, home: Path) -> None:
    engine.submit(job())
    engine.remove(JOB)

    assert not list(home.parent.iterdir())


def test_many_jobs_are_cancelled_by_one_call(slurm: Clients, engine: SlurmEngine) -> None:
    slurm.list_many(9)

    engine.cancel([Handle(f"job-{n}") for n in range(9)])

    assert slurm.asked("scancel") == [[str(n) for n in range(9)]]


def test_a_job_that_nobody_knows_is_unknown(engine: SlurmEngine) -> None:
    assert state(engine).phase is Phase.UNKNOWN
