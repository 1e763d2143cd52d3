"""The place where a step runs."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError
from zenml.client import Client
from zenml.config import DockerSettings
from zenml_acme._core.engine import Host
from zenml_acme._core.environment import prepare as place


def prepare(folder: Path, **options: Any) -> Host:
    config = SimpleNamespace(docker_settings=DockerSettings())
    info: Any = SimpleNamespace(config=config)
    stack = Client().active_stack
    return place.prepare(info, stack, place.StepEnvironment(**options), folder)


def test_a_step_runs_with_the_interpreter_that_started_its_pipeline(
    stack: None, tmp_path: Path
) -> None:
    host = prepare(tmp_path)

    assert host.python == Path(sys.executable)
    assert host.source.is_relative_to(tmp_path)


def test_an_interpreter_that_is_chosen_is_used_as_it_is(stack: None, tmp_path: Path) -> None:
    assert prepare(tmp_path, python="~/python").python == Path.home() / "python"


@pytest.mark.parametrize("wrong", [{"source_limit_mib": 0}, {"python": ""}])
def test_a_wrong_value_is_refused(wrong: dict[str, object]) -> None:
    (name,) = wrong

    with pytest.raises(ValidationError, match=name):
        place.StepEnvironment.model_validate(wrong)
