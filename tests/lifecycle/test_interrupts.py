"""What becomes of a step when its launcher is told to end, or is killed."""

import signal
from pathlib import Path

import pytest
from conftest import Launcher, Zenml, is_alive, wait_for
from versions import needs_dynamic

IN_FLIGHT = ("initializing", "provisioning", "queued", "running", "stopping")


def started(zenml: Zenml, module: str, marks: Path) -> tuple[Launcher, int]:
    """Start a run whose step runs for ever; return the launcher and the step's process."""
    launcher = zenml.start("launch.py", module, "waiting", str(marks))
    wait_for(lambda: list(marks.iterdir()) or launcher.process.poll() is not None)
    assert list(marks.iterdir()), launcher.output()
    [mark] = marks.iterdir()
    return launcher, int(mark.name)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.once)]
)
@pytest.mark.parametrize("module", ["pipelines", pytest.param("dynamic", marks=needs_dynamic)])
def test_a_running_job_ends_before_its_launcher(
    zenml: Zenml, marks: Path, module: str, number: signal.Signals
) -> None:
    launcher, process = started(zenml, module, marks)

    launcher.process.send_signal(number)
    code = launcher.process.wait(timeout=60)

    assert code != 0
    assert not is_alive(process)
    [step] = zenml.last_steps()
    assert step.status.value not in IN_FLIGHT


def test_another_process_finds_and_cancels_the_job_of_a_killed_launcher(
    zenml: Zenml, marks: Path
) -> None:
    from zenml.enums import ExecutionStatus

    launcher, process = started(zenml, "pipelines", marks)
    launcher.process.kill()
    launcher.process.wait()
    [step] = zenml.last_steps()
    operator = zenml.operator

    assert operator.get_status(step) == ExecutionStatus.RUNNING
    assert is_alive(process)
    operator.cancel(step)
    assert not is_alive(process)
    assert operator.wait(step) == ExecutionStatus.STOPPED
    assert operator.get_status(step) == ExecutionStatus.STOPPED
    operator.cancel(step)
