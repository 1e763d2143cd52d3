"""Commands of several tasks, started by a stand-in of srun and a real shell."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_engine import AWKWARD, JOB, Clients, job, runnable, start, state
from zenml_acme._core.engine import Phase
from zenml_acme._core.environment.bootstrap import ENTRYPOINT
from zenml_acme._core.resources import Resources
from zenml_acme.engine.client import SlurmEngine

SRUN = f"""#!{sys.executable}
# Two nodes with two tasks each, one after another.
import os, subprocess, sys
assert sys.argv[1] == "--kill-on-bad-exit=1"
for task in range(4):
    local, node = task % 2, task // 2
    place = dict(PROCID=task, NTASKS=4, LOCALID=local, NODEID=node)
    told = os.environ | {{"SLURM_" + name: str(value) for name, value in place.items()}}
    code = subprocess.run(sys.argv[2:], env=told).returncode
    if code:
        sys.exit(code)
"""
SHOW = "import json, os, sys; print(json.dumps([dict(os.environ), sys.argv[1:]]))"

Told = list[tuple[dict[str, str], list[str]]]
Run = Callable[..., Told]


@pytest.fixture
def run(
    slurm: Clients,
    engine: SlurmEngine,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Run a command with options; return what each task says of itself."""
    for name, text in {"srun": SRUN, "scontrol": "#!/bin/sh\nprintf 'n1\\nn2\\n'\n"}.items():
        (tmp_path / "clients" / name).write_text(text)
        (tmp_path / "clients" / name).chmod(0o755)
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "3")

    def told(*command: str, **options: Any) -> Told:
        submitted = runnable(job(*command, **options), home)
        # A shell has one of its own.
        environment = {**submitted.environment, "UID": "5"}
        engine.submit(replace(submitted, environment=environment))
        assert start(slurm, home).wait() == 0, engine.logs(JOB, 9999)
        return [tuple(json.loads(line)) for line in engine.logs(JOB, 99999).splitlines()]

    return told


def test_a_command_is_started_once_in_each_task(run: Run) -> None:
    told = run("python", "-c", SHOW, AWKWARD, nodes=2, tasks_per_node=2)

    ranks = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "NODE_RANK", "PET_NODE_RANK", "PET_NNODES")
    assert [[each[name] for name in ranks] for each, _ in told] == [
        ["0", "4", "0", "0", "0", "4"],
        ["1", "4", "1", "0", "1", "4"],
        ["2", "4", "0", "1", "2", "4"],
        ["3", "4", "1", "1", "3", "4"],
    ]
    # All of the step's environment and its arguments arrive, whatever is in them.
    for each, arguments in told:
        assert arguments == [AWKWARD]
        assert (each["AWKWARD"], each["db-password"], each["UID"]) == (AWKWARD, "x", "5")
        assert (each["STEP_HOSTS"], each["STEP_NODES"]) == ("n1,n2", "2")
        assert each["MASTER_ADDR"] == each["PET_MASTER_ADDR"] == "n1"
        assert each["MASTER_PORT"] == each["PET_MASTER_PORT"] == "20012"
        assert each["SRUN_CPUS_PER_TASK"] == "3"


@pytest.mark.parametrize("launcher", ["mpirun", "mpiexec", "/opt/mpi/bin/mpirun", "srun"])
def test_a_command_that_starts_tasks_is_started_once(
    slurm: Clients, engine: SlurmEngine, home: Path, launcher: str
) -> None:
    engine.submit(job(launcher, "-x", "HOME", "program", nodes=2))
    [envelope] = home.glob("envelope-*")

    assert json.loads(envelope.read_text())["within"] == []
    assert "MASTER_ADDR" in slurm.given("sbatch")


def test_a_task_that_cannot_be_started_says_so(
    run: Run, slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    engine.submit(runnable(job("no-such-program", nodes=2), home))

    assert start(slurm, home).wait() == 127
    assert engine.logs(JOB, 999) == "no-such-program cannot be started: No such file or directory\n"


def test_a_launcher_of_tasks_knows_the_hosts(run: Run, tmp_path: Path) -> None:
    program = tmp_path / "mpirun"
    program.write_text('#!/bin/sh\nexec python3 "$@"\n')
    program.chmod(0o755)

    [(each, _)] = run(str(program), "-c", SHOW, nodes=2)
    assert (each["STEP_HOSTS"], each["MASTER_ADDR"]) == ("n1,n2", "n1")
    assert "RANK" not in each


def test_a_command_without_tasks_and_an_entrypoint_are_as_ever(
    slurm: Clients, engine: SlurmEngine
) -> None:
    engine.submit(job())
    engine.submit(job(*ENTRYPOINT, nodes=1))

    assert "MASTER_ADDR" not in slurm.given("sbatch")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, ["--nodes=1", "--ntasks=1"]),
        ({"nodes": 2}, ["--nodes=2", "--ntasks=2"]),
        ({"nodes": 2, "tasks_per_node": 3}, ["--nodes=2", "--ntasks=6", "--ntasks-per-node=3"]),
    ],
)
def test_nodes_and_tasks_are_asked_for(
    slurm: Clients, engine: SlurmEngine, options: dict[str, Any], told: list[str]
) -> None:
    engine.submit(job(resources=Resources(cpus=2), **options))

    [asked] = slurm.asked("sbatch")
    assert [each for each in asked if each.startswith(("--nodes", "--ntasks"))] == told


def test_a_prologue_is_sourced(
    slurm: Clients, engine: SlurmEngine, home: Path, tmp_path: Path
) -> None:
    prologue = tmp_path / "it's $HOME `here`"
    prologue.write_text("export FROM_PROLOGUE=yes\n")
    show = job("sh", "-c", "printf %s $FROM_PROLOGUE", prologue=str(prologue))
    engine.submit(runnable(show, home))

    assert start(slurm, home).wait() == 0
    assert engine.logs(JOB, 99) == "yes"


def test_a_prologue_may_be_in_the_users_home(
    slurm: Clients,
    engine: SlurmEngine,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "set up.sh").write_text("echo here\n")
    engine.submit(runnable(job("true", prologue="~/set up.sh"), home))

    assert start(slurm, home).wait() == 0
    assert engine.logs(JOB, 99) == "here\n"


@pytest.mark.parametrize("text", [None, "return 3", "exit 3", "exit 0", "false", "nosuch"])
def test_a_prologue_that_is_missing_or_fails_fails_the_job_with_words(
    slurm: Clients, engine: SlurmEngine, home: Path, tmp_path: Path, text: str | None
) -> None:
    prologue = tmp_path / "its prologue"
    if text:
        prologue.write_text(f"{text}\n")
    engine.submit(runnable(job("echo", "it-ran", prologue=str(prologue)), home))

    assert start(slurm, home).wait() == 1
    said = engine.logs(JOB, 999)
    assert f"The prologue {prologue} failed: the step does not start." in said
    assert "it-ran" not in said
    assert state(engine).phase is Phase.UNKNOWN
