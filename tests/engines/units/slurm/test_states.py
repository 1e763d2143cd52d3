"""Every state that Slurm tells, or has forgotten."""

from pathlib import Path

import pytest
from test_engine import JOB, Clients, end, job, state
from zenml_acme._core.engine import Handle, Phase
from zenml_acme._core.environment.job_folder import JobFolder
from zenml_acme.engine.client import SlurmEngine
from zenml_acme.engine.commands import SlurmError


@pytest.mark.parametrize(
    ("known", "phase", "words"),
    [
        ("BOOT_FAIL", Phase.FAILED, "its node did not start (BOOT_FAIL on n1)"),
        ("CANCELLED", Phase.CANCELLED, "the job was cancelled"),
        ("COMPLETED", Phase.SUCCEEDED, ""),
        ("COMPLETING", Phase.RUNNING, ""),
        ("CONFIGURING", Phase.PENDING, ""),
        ("DEADLINE", Phase.FAILED, "before its deadline"),
        ("FAILED", Phase.FAILED, "the job failed (FAILED on n1)"),
        ("NODE_FAIL", Phase.FAILED, "its node failed (NODE_FAIL on n1)"),
        ("OUT_OF_MEMORY", Phase.FAILED, "ran out of memory (OUT_OF_MEMORY on n1)"),
        ("PENDING", Phase.PENDING, ""),
        ("PREEMPTED", Phase.FAILED, "preempted by another one"),
        ("REQUEUED", Phase.PENDING, ""),
        ("REQUEUE_FED", Phase.PENDING, ""),
        ("REQUEUE_HOLD", Phase.PENDING, ""),
        ("RESIZING", Phase.RUNNING, ""),
        ("RESV_DEL_HOLD", Phase.PENDING, ""),
        ("REVOKED", Phase.FAILED, "taken over by another cluster"),
        ("RUNNING", Phase.RUNNING, ""),
        ("SIGNALING", Phase.RUNNING, ""),
        ("SPECIAL_EXIT", Phase.PENDING, ""),
        ("STAGE_OUT", Phase.RUNNING, ""),
        ("STOPPED", Phase.RUNNING, ""),
        ("SUSPENDED", Phase.RUNNING, ""),
        ("TIMEOUT", Phase.FAILED, "reached its time limit (TIMEOUT on n1)"),
        ("WHATEVER_COMES", Phase.RUNNING, ""),
    ],
)
def test_each_state_has_a_phase_and_words(
    slurm: Clients, engine: SlurmEngine, known: str, phase: Phase, words: str
) -> None:
    slurm.list_job(known)

    assert state(engine).phase is phase
    assert words in state(engine).reason


def test_a_job_that_slurm_has_forgotten_is_found_by_its_number(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    engine.submit(job())
    end(home, 0)

    assert state(engine).details == {"job_id": "12"}


@pytest.mark.parametrize("reason", ["JobLaunchFailure", "RaisedSignal:53(Real-time)"])
def test_a_node_that_does_not_see_the_folder_is_told(
    slurm: Clients, engine: SlurmEngine, reason: str
) -> None:
    slurm.list_job("FAILED", reason)

    assert "does it see the workdir?" in state(engine).reason


@pytest.mark.parametrize(
    ("code", "phase", "words"),
    [
        (0, Phase.SUCCEEDED, ""),
        (3, Phase.FAILED, "exit code 3"),
        (137, Phase.FAILED, "SIGKILL"),
        (143, Phase.FAILED, "SIGTERM, as at a time limit"),
        (139, Phase.FAILED, "SIGSEGV"),
    ],
)
def test_the_end_is_known_when_slurm_has_forgotten_the_job(
    slurm: Clients,
    engine: SlurmEngine,
    home: Path,
    code: int,
    phase: Phase,
    words: str,
) -> None:
    engine.submit(job())
    end(home, code)

    assert (state(engine).phase, state(engine).exit_code) == (phase, code)
    assert words in state(engine).reason


def test_accounting_is_asked_for_what_is_lost(slurm: Clients, engine: SlurmEngine) -> None:
    slurm.answer("sacct", "CANCELLED by 1000|12|n1|None|0|5|00:03.877|2|cpu=2||job\n")
    assert state(engine).phase is Phase.CANCELLED

    slurm.answer("sacct", "NODE_FAIL|12|n1|None|0|5|00:03.877|2|cpu=2||job\n")
    assert "its node failed" in state(engine).reason


def test_a_job_that_nobody_knows_is_unknown(slurm: Clients, engine: SlurmEngine) -> None:
    # Accounting has missed its end.
    slurm.answer("sacct", "RUNNING|12|n1|None|0|5|00:03.877|2|cpu=2||job\n")

    assert state(engine).phase is Phase.UNKNOWN
    assert "left no exit code" in state(engine).reason


def test_the_environment_goes_with_the_job(slurm: Clients, engine: SlurmEngine, home: Path) -> None:
    engine.submit(job())
    slurm.list_job("PENDING")
    state(engine)
    assert list(home.glob("envelope-*"))

    # By an administrator, before it has begun.
    slurm.list_job("CANCELLED")
    state(engine)
    assert not list(home.glob("envelope-*"))


def test_the_record_tells_why_a_failed_job_ended(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    folder = JobFolder(home)
    folder.path.mkdir(parents=True)
    folder.claim("12")
    slurm.list_job("FAILED", "NonZeroExitCode")
    folder.note_end(143, timed_out=True)
    assert "reached its timeout_seconds" in state(engine).reason

    # It was taken after all, and ended at its start.
    (home / "cancelled").touch()
    (home / "end").write_text('{"exit_code": 143, "cause": "cancelled"}')
    assert state(engine).phase is Phase.CANCELLED


def test_a_job_that_was_killed_with_its_supervisor_is_told_so(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    home.mkdir(parents=True)
    JobFolder(home).claim("12")
    # As Slurm 22.05 says, though it did launch.
    slurm.list_job("FAILED", "JobLaunchFailure")

    assert "killed and left no exit code (FAILED, JobLaunch" in state(engine).reason


@pytest.mark.parametrize(
    ("told", "code", "words"),
    [
        ("256", 1, "ended with exit code 1 (FAILED"),
        ("127:0", 127, "ended with exit code 127 (FAILED"),
        ("9", 137, "SIGKILL"),
        ("0:9", 137, "SIGKILL"),
        ("0", None, "the job failed (FAILED"),
    ],
)
def test_a_job_that_never_began_has_the_exit_code_that_slurm_tells(
    slurm: Clients, engine: SlurmEngine, told: str, code: int, words: str
) -> None:
    slurm.answer("squeue", f"FAILED|12|n1|NonZeroExitCode|{told}|N/A|job|\n")

    assert state(engine).exit_code == code
    assert words in state(engine).reason


def test_of_several_jobs_of_a_name_the_one_counts_that_runs_it(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    told = ("CANCELLED|11||None|0|N/A|job", *(f"PENDING|{n}||None|0|N/A|job" for n in (12, 13)))
    slurm.answer("squeue", "\n".join(told))
    assert state(engine).details["job_id"] == "12"

    home.mkdir(parents=True)
    JobFolder(home).claim("13")
    slurm.answer("squeue", "RUNNING|12|n1|None|0|N/A|job\nRUNNING|13|n2|None|0|N/A|job\n")
    assert state(engine).details["node"] == "n2"
    assert not slurm.asked("scancel")


def test_what_was_sent_twice_is_not_left_in_the_queue(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    home.mkdir(parents=True)
    end(home, 0)
    slurm.answer("squeue", "COMPLETED|12|n1|None|0|N/A|job\nPENDING|13||None|0|N/A|job\n")

    assert state(engine).phase is Phase.SUCCEEDED
    assert slurm.asked("scancel") == [["13"]]

    # The one that ran, Slurm has forgotten.
    slurm.answer("squeue", "PENDING|13||None|0|N/A|job\n")
    assert state(engine).phase is Phase.SUCCEEDED


def test_a_controller_that_is_away_does_not_hide_how_jobs_ended(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    slurm.answer("squeue", said="Unable to contact slurm controller", code=1)
    home.mkdir(parents=True)
    # That it is to end says nothing of whether it has.
    (home / "cancelled").touch()
    with pytest.raises(SlurmError):
        state(engine)

    (home / "cancelled").unlink()
    end(home, 3)
    assert state(engine).exit_code == 3
    with pytest.raises(SlurmError):
        engine.poll([JOB, Handle("another")])
    with pytest.raises(SlurmError):
        engine.poll([])


def test_a_pending_job_has_its_reason(slurm: Clients, engine: SlurmEngine) -> None:
    slurm.list_job("PENDING", "PartitionTimeLimit")

    assert state(engine).reason == "PartitionTimeLimit"


@pytest.mark.parametrize(("told", "start"), [("1795785654", 1795785654.0), ("N/A", None)])
def test_a_pending_job_has_its_expected_start_where_slurm_tells_it(
    slurm: Clients, engine: SlurmEngine, told: str, start: float | None
) -> None:
    slurm.answer("squeue", f"PENDING|12||Resources|0|{told}|job|\n")

    assert state(engine).start == start
    assert slurm.environment("squeue")["SLURM_TIME_FORMAT"] == "%s"


def test_a_job_whose_dependency_failed_has_failed(slurm: Clients, engine: SlurmEngine) -> None:
    slurm.list_job("CANCELLED", "DependencyNeverSatisfied", node="")

    assert state(engine).phase is Phase.FAILED
    assert "a job that it waits for did not end as it should" in state(engine).reason
