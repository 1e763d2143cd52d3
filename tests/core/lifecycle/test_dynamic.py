"""Steps of dynamic pipelines."""

import signal
from pathlib import Path

import pytest
from conftest import Zenml, wait_for
from versions import needs_dynamic, needs_operators

pytestmark = needs_dynamic


def test_a_concurrent_step_succeeds_and_leaves_nothing(zenml: Zenml, marks: Path) -> None:
    # ZenML ends such a run before it has cleaned up: that is left to the launcher's exit.
    run = zenml.run("launch.py", "dynamic", "one", str(marks))

    assert run.status == "completed"
    [step] = zenml.last_steps()
    assert step.status.value == "completed"
    assert step.run_metadata["job"]
    assert not zenml.remains(step.id)


@pytest.mark.once
def test_an_interrupt_after_a_run_leaves_nothing_of_it(zenml: Zenml, marks: Path) -> None:
    launcher = zenml.start("staying.py", str(marks))
    wait_for(lambda: (marks / "ended").exists() or launcher.process.poll() is not None)
    launcher.process.send_signal(signal.SIGINT)

    assert launcher.wait() != 0
    assert (marks / "ended").exists(), launcher.output()
    [step] = zenml.last_steps()
    assert step.status.value == "completed"
    assert step.run_metadata["job"]
    assert not zenml.remains(step.id)


@pytest.mark.once
def test_an_interrupt_leaves_zenmls_store_open_to_others(zenml: Zenml, marks: Path) -> None:
    # A launcher that has locked it hangs, and so does whoever else asks.
    launcher = zenml.start("asking.py", str(marks))

    assert launcher.wait() != 0
    assert "Interrupted: cancelling 1 job(s)." in launcher.output()
    assert not zenml.running()
    [step] = zenml.last_steps()
    assert step.status.is_finished


@needs_operators
def test_each_operator_answers_for_its_own_steps(
    zenml: Zenml, two_operators: None, operators: dict[str, str]
) -> None:
    from flows import dynamic

    dynamic.on_both()

    assert zenml.last_run().status == "completed"
    assert operators == {"on_the_first": "first", "on_the_second": "second"}
