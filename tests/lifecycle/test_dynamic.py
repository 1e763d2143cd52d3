"""Steps of dynamic pipelines."""

from pathlib import Path

import pytest
from conftest import WORKDIR, Zenml
from versions import needs_dynamic, needs_operators

pytestmark = needs_dynamic


@pytest.mark.parametrize(("name", "steps"), [("one", 1), ("eight", 8)])
def test_concurrent_steps_all_succeed(zenml: Zenml, marks: Path, name: str, steps: int) -> None:
    from flows import dynamic

    getattr(dynamic, name)(str(marks))

    run = zenml.last_run()
    assert run.status == "completed"
    assert len(list(marks.iterdir())) == steps
    # Nothing is left of a job that succeeded.
    for step in zenml.last_steps(steps):
        assert step.status.value == "completed"
        assert not list(WORKDIR.rglob(f"*{step.id}*"))


@needs_operators
def test_each_operator_answers_for_its_own_steps(zenml: Zenml, two_operators: None) -> None:
    from flows import dynamic

    dynamic.on_both()

    run = zenml.last_run()
    assert run.status == "completed"
    assert Path(run.output("on_the_first")).is_relative_to(WORKDIR / "first")
    assert Path(run.output("on_the_second")).is_relative_to(WORKDIR / "second")
    for step in zenml.last_steps(2):
        assert not list(WORKDIR.rglob(f"*{step.id}*"))
