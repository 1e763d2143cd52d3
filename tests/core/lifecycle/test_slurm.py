"""What can happen to a step on Slurm alone."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from backends import BACKEND, process_of
from conftest import Launcher, Zenml, wait_for
from versions import needs_dynamic

pytestmark = [pytest.mark.once, pytest.mark.engine]

CLUSTER = Path(os.environ["SLURM_CONF"]).parent
START = Path(__file__).parents[2] / "engines" / "slurm.sh"


def ask(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def kill(daemon: str) -> None:
    """End one of Slurm's daemons."""
    process = int((CLUSTER / f"{daemon}.pid").read_text())
    os.kill(process, signal.SIGTERM)
    # The file goes last.
    wait_for(lambda: not (CLUSTER / f"{daemon}.pid").exists())


def start() -> None:
    """Start what does not run of Slurm."""
    subprocess.run([START, "start", CLUSTER], check=True)


@pytest.fixture
def waiting(zenml: Zenml, marks: Path) -> Iterator[Launcher]:
    """A launcher whose step runs until there is a file `go`."""
    launcher = zenml.start_waiting("pipelines", marks)
    yield launcher
    launcher.process.kill()


def end_of(launcher: Launcher, marks: Path) -> str:
    """Let the step end, and return what its launcher said."""
    (marks / "go").touch()
    assert launcher.wait() == 0, launcher.output()
    return launcher.output()


def test_resources_arrive_as_documented(zenml: Zenml, marks: Path) -> None:
    resources = {"cpu_count": 1.5, "gpu_count": 1, "memory": "700MB"}
    launcher = zenml.start_waiting("pipelines", marks, resources=resources)
    [step] = zenml.last_steps()
    job = ask("squeue", "--noheader", f"--name=zenml-{step.id}", "--format=%i").strip()
    shown = ask("scontrol", "show", "job", job)
    end_of(launcher, marks)

    assert re.search(r"NumCPUs=2\b", shown)
    assert re.search(r"CPUs/Task=2\b", shown)
    assert re.search(r"MinMemoryNode=668M\b", shown)
    assert re.search(r"TresPerNode=(gres:)?gpu:1\b", shown)


def test_a_controller_that_is_away_fails_no_step(
    waiting: Launcher, marks: Path, zenml: Zenml
) -> None:
    kill("slurmctld")
    try:
        wait_for(lambda: "cannot be asked, trying again" in waiting.output())
        (marks / "go").touch()
    finally:
        start()
    end_of(waiting, marks)

    assert zenml.last_run().status == "completed"


def test_a_node_whose_daemon_restarts_loses_no_step(
    waiting: Launcher, marks: Path, zenml: Zenml
) -> None:
    for daemon in ("slurmd-n1", "slurmd-n2"):
        kill(daemon)
    start()
    end_of(waiting, marks)

    assert zenml.last_run().status == "completed"


def test_a_node_that_is_drained_ends_its_step_first(
    waiting: Launcher, marks: Path, zenml: Zenml
) -> None:
    update = ("scontrol", "update", "nodename=n1,n2")
    ask(*update, "state=drain", "reason=test")
    try:
        end_of(waiting, marks)
    finally:
        ask(*update, "state=resume")

    assert zenml.last_run().status == "completed"


@pytest.fixture
def forgetful() -> Iterator[None]:
    """Let Slurm forget jobs at once."""
    config = CLUSTER / "slurm.conf"
    before = config.read_text()
    config.write_text(before.replace("MinJobAge=300", "MinJobAge=2"))
    ask("scontrol", "reconfigure")
    yield
    config.write_text(before)
    ask("scontrol", "reconfigure")


def test_the_end_is_known_when_slurm_has_forgotten_the_job(
    zenml: Zenml, marks: Path, forgetful: None
) -> None:
    from zenml.enums import ExecutionStatus
    from zenml_acme._core.engine import Handle

    launcher = zenml.start_waiting("pipelines", marks)
    [step] = zenml.last_steps()
    launcher.process.kill()
    assert launcher.mark
    os.kill(process_of(launcher.mark), signal.SIGKILL)
    jobs = ("squeue", "--noheader", "--states=all", f"--name=zenml-{step.id}")
    wait_for(lambda: not ask(*jobs), seconds=90)

    name = f"zenml-{step.id}"
    state = zenml.operator.engine.poll([Handle(name)])[name]
    assert state.exit_code == 128 + signal.SIGKILL
    assert zenml.operator.get_status(step) == ExecutionStatus.FAILED


@pytest.fixture
def losing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An sbatch whose first answers get lost, as behind a slow plug-in of the site."""
    real = shutil.which("sbatch")
    wrapper = tmp_path / "sbatch"
    wrapper.write_text(
        f"""#!/bin/sh
{real} "$@" || exit
mkdir {tmp_path}/lost-1 || mkdir {tmp_path}/lost-2 || mkdir {tmp_path}/lost-3 || exit 0
echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2
exit 1
"""
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


@pytest.fixture
def hidden() -> Iterator[None]:
    """A partition that is in no list."""
    ask("scontrol", "update", "PartitionName=test", "Hidden=YES")
    yield
    ask("scontrol", "update", "PartitionName=test", "Hidden=NO")


@needs_dynamic
def test_eight_steps_get_through_all_of_it_at_once_and_run_once(
    zenml: Zenml, marks: Path, losing: None, hidden: None, tmp_path: Path
) -> None:
    from flows import dynamic

    def restart_the_controller() -> None:
        wait_for(lambda: list(marks.iterdir()) or (tmp_path / "lost-3").exists())
        kill("slurmctld")
        start()

    with ThreadPoolExecutor() as others:
        restarted = others.submit(restart_the_controller)
        dynamic.eight(str(marks))
        restarted.result()

    assert zenml.last_run().status == "completed"
    assert (tmp_path / "lost-3").exists()
    assert len(list(marks.iterdir())) == 8
    wait_for(lambda: not ask("squeue", "--all", "--noheader"))
    assert not zenml.running()


@needs_dynamic
def test_forty_steps_that_are_interrupted_cost_no_more_questions_than_before(
    zenml: Zenml, marks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = {name: shutil.which(name) for name in ("squeue", "scancel")}
    for name, client in real.items():
        (tmp_path / name).write_text(
            f'#!/bin/sh\ndate +%s.%N >> {tmp_path}/{name}.calls\n{client} "$@"\n'
        )
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    settings = json.dumps({"step_operator": BACKEND.queued})

    launcher = zenml.start("launch.py", "dynamic", "forty", str(marks), settings)
    queue = (str(real["squeue"]), "--noheader", "--format=%j")
    wait_for(lambda: launcher.process.poll() is not None or ask(*queue).count("zenml-") == 40, 120)
    assert launcher.process.poll() is None, launcher.output()
    interrupted = time.time()
    launcher.process.send_signal(signal.SIGINT)
    assert launcher.wait() != 0
    ended = time.time()

    assert not ask(*queue)
    assert not list(marks.iterdir())
    assert all(step.status.is_finished for step in zenml.last_steps(40))
    asked, told = (
        [float(line) for line in (tmp_path / f"{name}.calls").read_text().split()] for name in real
    )
    assert len(told) == 1
    pause = zenml.operator.engine.pause_seconds
    assert len([each for each in asked if each > interrupted]) <= (ended - interrupted) / pause + 1
