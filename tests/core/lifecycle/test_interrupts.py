"""What becomes of a step when its launcher is told to end, or is killed."""

import json
import signal
from pathlib import Path

import pytest
from backends import BACKEND, needs_queue
from conftest import Zenml, wait_for
from versions import needs_dynamic

IN_FLIGHT = ("initializing", "provisioning", "queued", "running", "stopping")


@pytest.mark.engine
@pytest.mark.once
@needs_queue
def test_a_queued_job_ends_before_its_launcher(zenml: Zenml, marks: Path) -> None:
    settings = json.dumps({"step_operator": BACKEND.queued})
    launcher = zenml.start("launch.py", "pipelines", "waiting", str(marks), settings)
    wait_for(lambda: launcher.process.poll() is not None or "pending" in phases(zenml))
    assert launcher.process.poll() is None, launcher.output()

    launcher.process.send_signal(signal.SIGINT)
    code = launcher.wait()

    assert code != 0
    assert phases(zenml) == ["cancelled"]
    assert not list(marks.iterdir())


def phases(zenml: Zenml) -> list[str]:
    """What the engine says of the newest step's job."""
    return [zenml.phase(step) for step in zenml.last_steps()]


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.engine),
        pytest.param(signal.SIGTERM, marks=pytest.mark.once),
    ],
)
@pytest.mark.parametrize("module", ["pipelines", pytest.param("dynamic", marks=needs_dynamic)])
def test_a_running_job_ends_before_its_launcher(
    zenml: Zenml, marks: Path, module: str, number: signal.Signals
) -> None:
    launcher = zenml.start_waiting(module, marks)

    launcher.process.send_signal(number)
    code = launcher.wait()

    assert code != 0
    assert not zenml.is_alive(launcher)
    [step] = zenml.last_steps()
    assert step.status.value not in IN_FLIGHT


@pytest.mark.engine
def test_another_process_finds_and_cancels_the_job_of_a_killed_launcher(
    zenml: Zenml, marks: Path
) -> None:
    from zenml.enums import ExecutionStatus

    launcher = zenml.start_waiting("pipelines", marks)
    launcher.process.kill()
    launcher.process.wait()
    [step] = zenml.last_steps()
    operator = zenml.operator

    assert operator.get_status(step) == ExecutionStatus.RUNNING
    assert zenml.is_alive(launcher)
    operator.cancel(step)
    assert not zenml.is_alive(launcher)
    assert operator.wait(step) == ExecutionStatus.STOPPED
    assert operator.get_status(step) == ExecutionStatus.STOPPED
    operator.cancel(step)
