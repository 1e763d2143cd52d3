"""Every state that Slurm tells, or has forgotten."""

from pathlib import Path

import pytest
from test_engine import Clients, job, state
from zenml_acme._core.engine import Phase
from zenml_acme.engine.client import SlurmEngine


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
    (home / "exit_code").write_text("0\n")

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
    (home / "exit_code").write_text(f"{code}\n")

    assert (state(engine).phase, state(engine).exit_code) == (phase, code)
    assert words in state(engine).reason


def test_accounting_is_asked_for_what_is_lost(slurm: Clients, engine: SlurmEngine) -> None:
    slurm.answer("sacct", "CANCELLED by 1000|12|n1|None|job\n")
    assert state(engine).phase is Phase.CANCELLED

    slurm.answer("sacct", "NODE_FAIL|12|n1|None|job\n")
    assert "its node failed" in state(engine).reason


def test_a_job_that_nobody_knows_has_failed(slurm: Clients, engine: SlurmEngine) -> None:
    # Accounting has missed its end.
    slurm.answer("sacct", "RUNNING|12|n1|None|job\n")

    assert state(engine).phase is Phase.FAILED
    assert "left no exit code" in state(engine).reason


def test_the_environment_goes_with_the_job(slurm: Clients, engine: SlurmEngine, home: Path) -> None:
    engine.submit(job())
    slurm.list_job("OUT_OF_MEMORY")
    engine.poll(["job"])

    assert not (home / "environment").exists()
