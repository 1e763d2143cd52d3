"""Steps of dynamic pipelines."""

from pathlib import Path

from conftest import WORKDIR, Zenml
from versions import needs_dynamic, needs_operators

pytestmark = needs_dynamic


def test_a_concurrent_step_succeeds_and_leaves_nothing(zenml: Zenml, marks: Path) -> None:
    # ZenML ends such a run before it has cleaned up: that is left to the launcher's exit.
    run = zenml.run("launch.py", "dynamic", "one", str(marks))

    assert run.status == "completed"
    [step] = zenml.last_steps()
    assert step.status.value == "completed"
    assert step.run_metadata["job"]
    assert not list(WORKDIR.rglob(f"*{step.id}*"))


@needs_operators
def test_each_operator_answers_for_its_own_steps(zenml: Zenml, two_operators: None) -> None:
    from flows import dynamic

    dynamic.on_both()

    run = zenml.last_run()
    assert run.status == "completed"
    assert Path(run.output("on_the_first")).is_relative_to(WORKDIR / "first")
    assert Path(run.output("on_the_second")).is_relative_to(WORKDIR / "second")
