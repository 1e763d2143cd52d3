"""The script of a job, run by a real shell."""

import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from test_engine import JOB, Clients, job, runnable, start, state, wait_for
from zenml_acme._core.engine import Host, Phase
from zenml_acme.engine.client import SlurmEngine

TRAP = "trap 'exit 7' {}; echo up; while :; do sleep 0.1; done"


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_reaches_the_command_and_its_end_is_noted(
    slurm: Clients, engine: SlurmEngine, home: Path, sent: signal.Signals
) -> None:
    code = TRAP.format(sent.name.removeprefix("SIG"))
    engine.submit(runnable(job("sh", "-c", code), home))
    process = start(slurm, home)
    wait_for(lambda: "up" in engine.logs(JOB, 99))
    process.send_signal(sent)

    assert process.wait(timeout=20) == 7
    assert state(engine).exit_code == 7


def test_a_job_that_was_cancelled_meanwhile_runs_nothing(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    engine.submit(runnable(job("echo", "it-ran"), home))
    engine.cancel([JOB])
    start(slurm, home).wait()

    assert engine.logs(JOB, 99) == ""
    assert state(engine).phase is Phase.CANCELLED


def test_a_job_that_was_sent_twice_runs_once(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    engine.submit(runnable(job("sh", "-c", "echo it-ran; exit 3"), home))

    assert [start(slurm, home).wait() for _ in range(2)] == [3, 0]
    assert engine.logs(JOB, 99) == "it-ran\n"


def test_a_job_that_starts_after_all_was_removed_touches_nothing(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    engine.submit(runnable(job("echo", "it-ran"), home))
    script = slurm.given("sbatch")
    engine.remove(JOB)

    assert subprocess.run(["bash", "-c", script]).returncode == 0
    assert not home.exists()


def test_a_job_without_an_interpreter_says_so(
    slurm: Clients, engine: SlurmEngine, home: Path
) -> None:
    engine.submit(replace(job(), runtime=Host(Path("/no/python"), Path("unused"))))
    (home / "script").write_text(slurm.given("sbatch"))

    done = subprocess.run(["bash", home / "script"], capture_output=True, text=True)
    assert done.returncode == 127
    assert "/no/python" in done.stderr


def test_modules_are_loaded(
    slurm: Clients,
    engine: SlurmEngine,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As Environment Modules and Lmod hand the command on to scripts.
    monkeypatch.setenv("BASH_FUNC_module%%", '() { export LOADED="$*"; }')
    show = job("sh", "-c", 'printf %s "$LOADED"', modules=["cuda/12.4", "gcc"])
    engine.submit(runnable(show, home))
    start(slurm, home).wait()

    assert engine.logs(JOB, 99) == "load cuda/12.4 gcc"


def test_a_module_that_is_not_there_ends_the_job(
    slurm: Clients,
    engine: SlurmEngine,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BASH_FUNC_module%%", "() { echo none; return 4; }")
    engine.submit(runnable(job("echo", "it-ran", modules=["gcc"]), home))

    assert start(slurm, home).wait() == 4
    assert engine.logs(JOB, 99) == "none\n"
