"""Submitting where somebody else does, has died, or has to wait."""

import threading
from pathlib import Path

from test_engine import Clients, job, wait_for
from zenml_acme.engine.client import SlurmEngine


def test_the_same_job_twice_is_one(slurm: Clients, engine: SlurmEngine) -> None:
    threads = [threading.Thread(target=engine.submit, args=(job(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(slurm.asked("sbatch")) == 1


def test_a_job_whose_submitter_died_is_not_submitted_again(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    slurm.list_job("PENDING")
    engine.submit(job())

    assert not slurm.asked("sbatch")
    assert (home / "job_id").read_text() == "12"


def test_a_controller_that_is_away_for_a_while_fails_nothing(
    slurm: Clients, engine: SlurmEngine
) -> None:
    slurm.answer("sbatch", said="Unable to contact slurm controller", code=1)
    submitter = threading.Thread(target=engine.submit, args=(job(),))
    submitter.start()
    wait_for(lambda: bool(slurm.asked("sbatch")))
    slurm.answer("sbatch", "12\n")
    submitter.join()

    assert len(slurm.asked("sbatch")) == 2
