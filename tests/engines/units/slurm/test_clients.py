"""What Slurm's clients are told by the environment, and what they print beside answers."""

from pathlib import Path

import pytest
from test_engine import JOB, Clients, job, state
from zenml_acme._core.engine import Phase
from zenml_acme.engine.client import SlurmEngine
from zenml_acme.engine.commands import SlurmError

FILTERS = (
    *("SQUEUE_PARTITION", "SQUEUE_STATES", "SQUEUE_FORMAT", "SCANCEL_STATE", "SACCT_FORMAT"),
    *("SBATCH_ERROR", "SBATCH_WAIT"),
)
OF_A_JOB = (
    *("SLURM_JOB_ID", "SLURM_JOBID", "SLURM_NTASKS", "SLURM_CPUS_PER_TASK", "SLURM_NNODES"),
    *("SLURM_MEM_PER_NODE", "SLURM_GPUS", "SLURM_STEP_ID", "SLURM_SUBMIT_DIR", "SLURMD_NODENAME"),
)
OF_THE_CLIENTS = (
    *("SLURM_CONF", "SLURM_CLUSTERS", "SLURM_JWT", "SLURM_TIME_FORMAT", "SLURM_DEBUG_FLAGS"),
    *("SBATCH_PARTITION", "SBATCH_WAIT_ALL_NODES", "SBATCH_ACCOUNT"),
)


@pytest.mark.parametrize("name", ["sbatch", "squeue", "scancel"])
def test_the_clients_keep_what_configures_them(
    slurm: Clients, engine: SlurmEngine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable in (*FILTERS, *OF_A_JOB, *OF_THE_CLIENTS, "ZENML_STORE_PASSWORD", "MINE"):
        monkeypatch.setenv(variable, "x")
    engine.submit(job())
    slurm.list_job("RUNNING")
    engine.cancel([JOB])

    known = slurm.environment(name).keys()
    assert known >= {*OF_THE_CLIENTS, "MINE"}
    assert not known & {*FILTERS, *OF_A_JOB, "ZENML_STORE_PASSWORD"}


def test_a_step_is_no_array(
    slurm: Clients, engine: SlurmEngine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SBATCH_ARRAY_INX", "1-3")
    with pytest.raises(ValueError, match="no array: unset SBATCH_ARRAY_INX"):
        engine.submit(job())
    engine.cancel([JOB])

    assert not slurm.asked("sbatch")
    assert not list(home.glob("envelope-*"))


def test_the_token_of_the_clients_is_not_the_steps(slurm: Clients, engine: SlurmEngine) -> None:
    engine.submit(job())

    assert "unset SLURM_JWT" in slurm.given("sbatch")


def test_jobs_on_hidden_partitions_are_asked_for(slurm: Clients, engine: SlurmEngine) -> None:
    state(engine)

    assert "--all" in slurm.asked("squeue")[0]


def test_who_submits_to_another_cluster_looks_there(
    slurm: Clients, engine: SlurmEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SBATCH_CLUSTERS", "far")
    state(engine)

    assert slurm.environment("squeue")["SLURM_CLUSTERS"] == "far"


def test_a_job_is_found_on_its_cluster_and_ended_there(slurm: Clients, engine: SlurmEngine) -> None:
    slurm.answer("sbatch", "12;far\n")
    assert engine.submit(job()) == {"job_id": "12", "cluster": "far"}

    heading = "STATE|JOBID|NODELIST|REASON|EXIT_CODE|START_TIME|NAME|"
    slurm.answer(
        "squeue",
        f"CLUSTER: near\n{heading}\nRUNNING|12|n1|None|0|N/A|other\n\n"
        f"CLUSTER: far\n{heading}\nRUNNING|12|f1|None|0|N/A|job\n",
    )
    assert state(engine).phase is Phase.RUNNING
    assert state(engine).details["cluster"] == "far"
    engine.cancel([JOB])
    assert slurm.asked("scancel") == [["--clusters=far", "12"]]


def test_what_a_sites_plugins_print_is_no_number(slurm: Clients, engine: SlurmEngine) -> None:
    slurm.answer("sbatch", "Budget: 100 hours left\n12\nGood luck\n")

    assert engine.submit(job()) == {"job_id": "12"}


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("--signal=USR1@60", "--signal=B:USR1@60"),
        ("--signal=R:USR1", "--signal=RB:USR1"),
        ("--signal=B:USR1", "--signal=B:USR1"),
        ("--sig=10", "--sig=B:10"),
    ],
)
def test_a_signal_that_is_asked_for_reaches_the_step(
    slurm: Clients, engine: SlurmEngine, asked: str, given: str
) -> None:
    engine.submit(job(sbatch_args=[asked]))

    assert slurm.asked("sbatch")[0][-1] == given


def test_a_machine_without_the_clients_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SlurmError, match="no squeue on PATH"):
        SlurmEngine(tmp_path).submit(job())


def test_clients_without_a_configuration_tell_what_to_do(
    slurm: Clients, engine: SlurmEngine
) -> None:
    said = "squeue: fatal: Could not establish a configuration source"
    slurm.answer("squeue", said=said, code=1)

    with pytest.raises(SlurmError, match=r"squeue failed: it finds no config.* set SLURM_CONF"):
        state(engine)
