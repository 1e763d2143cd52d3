"""What accounting tells of a job at its end, as sacct 22.05 with slurmdbd printed it."""

import threading
from pathlib import Path

import pytest
from test_engine import JOB, Clients, end, job, state, wait_for
from zenml_acme._core.engine import Handle, Phase
from zenml_acme.engine.client import SlurmEngine

# Two cpus and 600 MiB for 5 s, of which a Python used one, with 150 MiB.
ONE = """\
COMPLETED|12|n1|None|0:0|5|00:03.877|2|billing=2,cpu=2,mem=600M,node=1||job
COMPLETED|12.batch|n1||0:0|5|00:03.877|2|cpu=2,mem=600M,node=1|cpu=00:00:03,energy=0,fs/disk=8099,\
mem=160764K,pages=0,vmem=160764K|batch
"""
# Four tasks on two nodes, which slept.
TASKS = """\
CANCELLED by 0|12|n[1-2]|None|0:0|3|00:00.222|4|billing=4,cpu=4,gres/gpu=2,mem=1200M,node=2||job
CANCELLED|12.batch|n1||0:15|3|00:00.028|2|cpu=2,gres/gpu=1,mem=600M,node=1|cpu=00:00:00,energy=0,\
fs/disk=55333,mem=4276K,pages=3,vmem=4468K|batch
CANCELLED by 0|12.0|n[1-2]||0:0|3|00:00.194|4|cpu=4,gres/gpu=2,mem=1200M,node=2|cpu=00:00:00,\
energy=0,fs/disk=639316,mem=1072K,pages=0,vmem=1072K|bash
"""
# Where JobAcctGatherType is jobacct_gather/none.
UNCOUNTED = """\
COMPLETED|12|n1|None|0:0|5|00:00:00|2|billing=2,cpu=2,mem=600M,node=1||job
COMPLETED|12.batch|n1||0:0|5|00:00:00|2|cpu=2,mem=600M,node=1||batch
"""
GARBLED = """\
Welcome to the cluster|!
COMPLETED|12|n1|None|0:0|5|INVALID|2|billing=2,cpu=2,mem=600M,node=1||job
COMPLETED|12.batch|n1||0:0|5|INVALID|2|cpu=2,mem=600M,node=1|mem=1K|batch
"""


@pytest.mark.parametrize(
    ("known", "printed", "used"),
    [
        (
            "COMPLETED",
            ONE,
            {
                "elapsed": "0:00:05",
                "cpu_efficiency": "38.8%",
                "peak_memory": "157 MiB",
                "memory_efficiency": "26.2%",
            },
        ),
        (
            "CANCELLED",
            TASKS,
            {
                "elapsed": "0:00:03",
                "cpu_efficiency": "1.8%",
                "peak_memory": "4 MiB",
                "memory_efficiency": "0.3%",
            },
        ),
        ("COMPLETED", UNCOUNTED, {"elapsed": "0:00:05"}),
        ("COMPLETED", GARBLED, {}),
        ("COMPLETED", "", {}),
    ],
)
def test_what_a_job_has_used_is_among_its_details(
    slurm: Clients, engine: SlurmEngine, known: str, printed: str, used: dict[str, str]
) -> None:
    slurm.list_job(known)
    slurm.answer("sacct", printed)

    found = {"job_id": "12", "node": "n1", "state": known}
    assert state(engine).details == found | used


def test_it_is_asked_for_once_and_at_the_end(slurm: Clients, engine: SlurmEngine) -> None:
    slurm.answer("sacct", ONE)
    for known in ("PENDING", "RUNNING", "COMPLETING"):
        slurm.list_job(known)
        state(engine)
    assert not slurm.asked("sacct")

    slurm.list_job("COMPLETED")
    told = state(engine).details
    engine.poll([Handle("job", told)])
    assert len(slurm.asked("sacct")) == 1


def test_accounting_that_is_behind_is_asked_again(slurm: Clients, engine: SlurmEngine) -> None:
    slurm.list_job("COMPLETED")
    slurm.answer("sacct", ONE.replace("COMPLETED|12|", "RUNNING|12|"))
    asking = threading.Thread(target=lambda: wait_for(lambda: bool(slurm.asked("sacct"))))
    asking.start()
    told: list[dict[str, str]] = []
    polling = threading.Thread(target=lambda: told.append(dict(state(engine).details)))
    polling.start()
    asking.join()
    slurm.answer("sacct", ONE)
    polling.join()

    assert told[0]["elapsed"] == "0:00:05"
    assert len(slurm.asked("sacct")) == 2


def test_many_ends_are_one_question(slurm: Clients, engine: SlurmEngine) -> None:
    lines = [f"COMPLETED|{n}|n1|None|0|N/A|job-{n}|\n" for n in range(9)]
    slurm.answer("squeue", "".join(lines))
    slurm.answer(
        "sacct", "".join(f"COMPLETED|{n}|n1|None|0:0|{n}||2|||job-{n}\n" for n in range(9))
    )
    engine.poll([Handle(f"job-{n}") for n in range(9)])

    assert len(slurm.asked("sacct")) == 1


@pytest.mark.parametrize("said", ["Slurm accounting storage is disabled", None])
def test_without_accounting_it_is_asked_no_more(
    slurm: Clients, engine: SlurmEngine, tmp_path: Path, said: str | None
) -> None:
    if said is None:
        (tmp_path / "clients" / "sacct").unlink()
    else:
        slurm.answer("sacct", said=said, code=1)
    slurm.list_job("COMPLETED")

    for _ in range(3):
        assert state(engine).phase is Phase.SUCCEEDED
    assert len(slurm.asked("sacct")) == (said is not None)


def test_accounting_that_does_not_answer_hides_no_end(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    slurm.answer("sacct", said="Unable to contact slurmdbd", code=1)
    engine.submit(job())
    end(home, 3)
    slurm.list_job("FAILED")

    assert state(engine).exit_code == 3
    state(engine)
    assert len(slurm.asked("sacct")) == 2


def test_what_slurm_has_forgotten_is_told_by_the_job_and_by_accounting(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    engine.submit(job())
    end(home, 3)
    slurm.answer("sacct", ONE.replace("COMPLETED|12|", "FAILED|12|"))

    told = engine.poll([JOB])["job"]
    assert (told.exit_code, told.details["elapsed"]) == (3, "0:00:05")
