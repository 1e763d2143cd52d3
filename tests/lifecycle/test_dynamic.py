"""Steps of dynamic pipelines."""

from pathlib import Path

from conftest import Zenml
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


@needs_operators
def test_each_operator_answers_for_its_own_steps(
    zenml: Zenml, two_operators: None, operators: dict[str, str]
) -> None:
    from flows import dynamic

    dynamic.on_both()

    assert zenml.last_run().status == "completed"
    assert operators == {"on_the_first": "first", "on_the_second": "second"}
