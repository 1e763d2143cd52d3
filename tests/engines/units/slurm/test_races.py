"""Submitting where somebody else does, has died, or got no answer; cancelling likewise."""

import errno
import fcntl
import threading
from pathlib import Path
from typing import NoReturn

import pytest
from test_engine import JOB, Clients, job, wait_for
from zenml_acme._core.environment import job_folder
from zenml_acme.engine import client
from zenml_acme.engine.client import SlurmEngine
from zenml_acme.engine.commands import SlurmError

LOST = "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_folder, "LOOK_SECONDS", 0.01)


def submit_four_times(engine: SlurmEngine) -> None:
    threads = [threading.Thread(target=engine.submit, args=(job(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_same_job_twice_is_one(slurm: Clients, engine: SlurmEngine) -> None:
    slurm.take_jobs()
    submit_four_times(engine)

    assert len(slurm.asked("sbatch")) == 1


def test_a_job_is_submitted_where_there_are_no_locks(
    slurm: Clients, engine: SlurmEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)

    assert engine.submit(job()) == {"job_id": "12"}


def test_a_job_whose_submitter_died_is_not_submitted_again(
    slurm: Clients, engine: SlurmEngine
) -> None:
    slurm.list_job("PENDING", node="")

    assert engine.submit(job()) == {"job_id": "12", "state": "PENDING"}
    assert not slurm.asked("sbatch")


def test_a_controller_that_is_away_for_a_while_fails_nothing_and_is_told_of_once(
    slurm: Clients, engine: SlurmEngine, hurry: None, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("squeue", "sbatch"):
        slurm.answer(name, said="Unable to contact slurm controller", code=1)
    submitter = threading.Thread(target=engine.submit, args=(job(),))
    submitter.start()
    wait_for(lambda: len(slurm.asked("squeue")) > 2)
    assert not slurm.asked("sbatch")
    slurm.answer("squeue")
    wait_for(lambda: bool(slurm.asked("sbatch")))
    slurm.answer("sbatch", "12\n")
    submitter.join()

    assert len(slurm.asked("sbatch")) == 2
    assert caplog.text.count("squeue failed: Unable to contact slurm controller") == 1


def test_a_job_whose_answer_got_lost_is_found(
    slurm: Clients, engine: SlurmEngine, hurry: None
) -> None:
    slurm.take_jobs()
    slurm.answer("sbatch", said=LOST, code=1)

    assert engine.submit(job())["job_id"] == "12"
    assert len(slurm.asked("sbatch")) == 1


def test_a_job_whose_answer_got_lost_is_looked_for_before_it_is_sent_again(
    slurm: Clients, engine: SlurmEngine, hurry: None
) -> None:
    slurm.answer("sbatch", said=LOST, code=1)
    submitter = threading.Thread(target=engine.submit, args=(job(),))
    submitter.start()
    wait_for(lambda: len(slurm.asked("sbatch")) == 2)
    looked = len(slurm.asked("squeue"))
    slurm.list_job("PENDING")
    submitter.join()

    assert looked >= 1 + 8
    assert len(slurm.asked("sbatch")) == 2


@pytest.mark.parametrize(
    "said",
    [
        "sbatch: unrecognized option '--foo'\nTry \"sbatch --help\" for more information",
        "sbatch: error: Invalid --time specification",
        "Access/permission denied",
        "Invalid account or account/partition combination specified",
        "Invalid feature specification",
        "Invalid generic resource (gres) specification",
        "Invalid license specification",
        "Invalid node name specified",
        "Invalid partition name specified",
        "Invalid qos specification",
        "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
        "Node count specification invalid",
        "Requested node configuration is not available",
        "Requested reservation is invalid",
        "Requested time limit is invalid (missing or exceeds some limit)",
        "User's group not permitted to use this partition",
    ],
)
def test_what_slurm_refuses_for_good_is_not_sent_again(
    slurm: Clients, engine: SlurmEngine, said: str
) -> None:
    slurm.answer("sbatch", said=said, code=1)

    with pytest.raises(SlurmError):
        engine.submit(job())
    assert len(slurm.asked("sbatch")) == 1


@pytest.mark.parametrize(
    "said",
    [
        LOST,
        "Error generating job credential",
        "Protocol authentication error",
        "Required node not available (down, drained or reserved)",
        "Slurm temporarily unable to accept job, sleeping and retrying",
        "Unable to contact slurm controller (connect failure)",
        "Unspecified error",
        "Zero Bytes were transmitted or received",
    ],
)
def test_what_may_pass_or_be_a_lost_answer_is_not_final(said: str) -> None:
    assert not SlurmError(f"sbatch failed: {said}").is_final


def test_patience_has_an_end(
    slurm: Clients, engine: SlurmEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PATIENCE_SECONDS", 0)
    slurm.answer("sbatch", said=LOST, code=1)

    with pytest.raises(SlurmError, match="Socket timed out"):
        engine.submit(job())


def test_a_job_that_is_cancelled_while_it_is_submitted_is_not_sent_again(
    slurm: Clients, engine: SlurmEngine, home: Path, hurry: None
) -> None:
    slurm.answer("sbatch", said=LOST, code=1)
    canceller = threading.Thread(target=lambda: [wait_for(home.exists), engine.cancel([JOB])])
    canceller.start()

    with pytest.raises(InterruptedError):
        engine.submit(job())
    canceller.join()


def test_a_full_disk_keeps_no_job_from_being_cancelled(
    slurm: Clients, engine: SlurmEngine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    engine.submit(job())
    slurm.list_job("PENDING")
    monkeypatch.setattr(Path, "touch", refuse)
    engine.cancel([JOB])

    assert slurm.asked("scancel") == [["12"]]
    # There is nothing that it could run.
    assert not list(home.glob("envelope-*"))


def test_all_jobs_of_a_name_are_cancelled(slurm: Clients, engine: SlurmEngine) -> None:
    slurm.answer("squeue", "RUNNING|12|n1|None|0|N/A|job\nPENDING|13||None|0|N/A|job\n")
    engine.cancel([JOB])

    assert slurm.asked("scancel") == [["12", "13"]]


def test_a_job_that_ends_while_it_is_cancelled_is_no_error(
    slurm: Clients, engine: SlurmEngine
) -> None:
    slurm.list_job("RUNNING")
    slurm.answer("scancel", said="Kill job error on job id 12: Invalid job id specified", code=1)
    engine.cancel([JOB])

    slurm.answer("scancel", said="Unable to contact slurm controller", code=1)
    with pytest.raises(SlurmError):
        engine.cancel([JOB])
