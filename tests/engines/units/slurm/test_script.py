"""The script of a job, run by a real shell."""

import signal
from pathlib import Path

import pytest
from test_engine import Clients, job, run_script, wait_for
from zenml_acme.engine.client import SlurmEngine


def test_a_term_reaches_the_command_and_its_end_is_noted(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    code = "trap 'exit 7' TERM; echo up; while :; do sleep 0.1; done"
    process = run_script(slurm, engine, home, job("sh", "-c", code))
    wait_for(lambda: "up" in engine.logs("job", 1))
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=20) == 7
    assert (home / "exit_code").read_text() == "7\n"


def test_a_job_that_was_cancelled_meanwhile_runs_nothing(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    engine.submit(job("touch", "it-ran"))
    (home / "cancelled").touch()
    run_script(slurm, engine, home, job("touch", "it-ran")).wait()

    assert not list(home.rglob("it-ran"))


def test_modules_are_loaded(
    slurm: Clients,
    engine: SlurmEngine,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As Environment Modules and Lmod hand the command on to scripts.
    monkeypatch.setenv("BASH_FUNC_module%%", '() { export LOADED="$*"; }')
    show = job("sh", "-c", 'printf %s "$LOADED" > loaded', modules=["cuda/12.4", "gcc"])
    run_script(slurm, engine, home, show).wait()

    assert (home / "run" / "loaded").read_text() == "load cuda/12.4 gcc"
