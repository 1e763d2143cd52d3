"""What Grid Engine answers, late, wrongly or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_engine import ACCOUNTED, JOB, Clients, end, job, state
from zenml_acme._core.engine import Handle, Phase
from zenml_acme._core.environment import job_folder
from zenml_acme._core.environment.job_folder import JobFolder
from zenml_acme.engine import client, commands
from zenml_acme.engine.client import GridEngine
from zenml_acme.engine.commands import GridEngineError


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_folder, "LOOK_SECONDS", 0.01)


def test_a_job_whose_answer_got_lost_is_found(
    cluster: Clients, engine: GridEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(options: object, script: object) -> str:
        cluster.list_jobs("qw")
        raise GridEngineError("qsub timed out after 60 s.")

    monkeypatch.setattr(commands, "submit", taken)

    assert engine.submit(job())["job_id"] == "12"


def test_one_that_has_run_meanwhile_is_not_sent_again(
    engine: GridEngine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(options: object, script: object) -> str:
        end(home, 0)
        raise GridEngineError("qsub timed out after 60 s.")

    monkeypatch.setattr(commands, "submit", taken)

    assert engine.submit(job())["job_id"] == "12"
    assert state(engine).phase is Phase.SUCCEEDED


@pytest.mark.parametrize(
    "said",
    [
        "error: commlib error: got select error (Connection refused)\nUnable to run job: "
        "unable to contact qmaster",
        "Unable to run job: job rejected: only 5 jobs are allowed per user (current job count: 5).",
        "error: unable to send message to qmaster using port 6444",
        'error: commlib error: access denied (server host resolves source host "a" as "b")',
        "Unable to run job: got unexpected answer from qmaster",
    ],
)
def test_what_passes_is_tried_again(
    cluster: Clients, engine: GridEngine, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setattr(client, "PATIENCE_SECONDS", 1)
    cluster.answer("qsub", said=said, code=1)

    with pytest.raises(GridEngineError):
        engine.submit(job())
    assert len(cluster.asked("qsub")) > 1


@pytest.mark.parametrize(
    "said",
    [
        'Unable to run job: job rejected: the requested parallel environment "x" does not exist.',
        'Unable to run job: Job was rejected because job requests unknown queue "no".',
        'Unable to run job: unknown resource "no".',
        'Unable to run job: denied: host "x" is no submit host.',
        'qsub: Unknown option "-foo"',
        "Unable to run job: job rejected: no access to project x for user ada",
        "critical error: Please set the environment variable SGE_ROOT.",
    ],
)
def test_what_is_final_is_not(cluster: Clients, engine: GridEngine, said: str) -> None:
    cluster.answer("qsub", said=said, code=1)

    with pytest.raises(GridEngineError):
        engine.submit(job())
    assert len(cluster.asked("qsub")) == 1


def test_one_that_cannot_start_fails_with_the_reason_and_is_deleted(
    cluster: Clients, engine: GridEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.list_jobs("Eqw")
    monkeypatch.setattr(commands, "reasons", lambda numbers: dict.fromkeys(numbers, "no such home"))

    assert state(engine).reason == "the job cannot be started (Eqw): no such home"
    assert cluster.asked("qdel") == [["12"]]


def test_why_a_job_waits_is_read_by_its_number(cluster: Clients) -> None:
    cluster.answer(
        "qstat",
        "job_number:                 12\n"
        'scheduling info:            (-l gpu=5) cannot run at host "n1"\n'
        '                            queue instance "a.q@n2" dropped because it is full\n'
        "==============\njob_number:                 13\n"
        "error reason          1:      11/27/2026 12:30:41 [0:1]: error: can't open output file\n",
    )

    assert commands.reasons(["12", "13"]) == {
        "12": '(-l gpu=5) cannot run at host "n1"',
        "13": "11/27/2026 12:30:41 [0:1]: error: can't open output file",
    }


def test_of_a_job_that_was_sent_twice_the_one_that_runs_counts_and_the_other_is_deleted(
    cluster: Clients, engine: GridEngine, home: Path
) -> None:
    engine.submit(job())
    folder = JobFolder(home)
    folder.claim("13")
    cluster.list_jobs("qw", "r")
    assert state(engine).phase is Phase.RUNNING
    assert state(engine).details["job_id"] == "13"

    folder.note_end(0)
    cluster.list_jobs("qw")
    assert state(engine).phase is Phase.SUCCEEDED
    assert cluster.asked("qdel") == [["12"]]


def test_cancelling_tells_all_of_a_name_once(cluster: Clients, engine: GridEngine) -> None:
    engine.submit(job())
    cluster.list_jobs("qw", "r", "dr")
    engine.cancel([JOB, Handle("other")])

    assert cluster.asked("qdel") == [["12,13"]]


def test_what_has_ended_meanwhile_is_no_fault(cluster: Clients, engine: GridEngine) -> None:
    cluster.list_jobs("r")
    cluster.answer("qdel", 'denied: job "12" does not exist\n', code=1)

    engine.cancel([JOB])


@pytest.mark.parametrize(
    ("failed", "code", "phase", "words"),
    [
        ("0    ", "7", Phase.FAILED, "ended with exit code 7"),
        ("100 : assumedly after job", "137 (Killed)", Phase.FAILED, "killed (SIGKILL)"),
        ("26  : opening input/output file", "0", Phase.FAILED, "opening input/output file"),
        ("0    ", "0", Phase.UNKNOWN, "does not know the job"),
    ],
)
def test_accounting_has_an_end(
    cluster: Clients, engine: GridEngine, failed: str, code: str, phase: Phase, words: str
) -> None:
    engine.submit(job())
    cluster.answer("qacct", ACCOUNTED.format(failed=failed, code=code))

    assert state(engine).phase is phase
    assert words in state(engine).reason


@pytest.mark.parametrize("printed", ["", "<?xml version='1.0'?><job_info><queue_info>"])
def test_a_list_that_is_cut_is_an_answer_that_passes(
    cluster: Clients, engine: GridEngine, printed: str
) -> None:
    cluster.answer("qstat", printed)

    with pytest.raises(GridEngineError, match="qstat printed no XML") as raised:
        state(engine)
    assert not raised.value.is_final


@pytest.mark.parametrize("cut", ["failed", "exit_status", "7"])
def test_a_record_that_is_half_written_hides_no_other(
    cluster: Clients, engine: GridEngine, cut: str
) -> None:
    engine.submit(job())
    whole = ACCOUNTED.format(failed="0", code="7")
    half = whole[: whole.index(cut)]
    cluster.answer("qacct", half)
    assert state(engine).phase is Phase.UNKNOWN

    cluster.answer("qacct", f"{half}\n{whole}")
    assert state(engine).exit_code == 7
