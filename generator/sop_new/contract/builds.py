"""Compiled pipelines, as ZenML asks a step operator for the images of their steps."""

from __future__ import annotations

import inspect
from typing import Any

import pytest


def compiled(*step_operators: str | bool | None, dynamic: bool = False) -> Any:
    """Return a compiled pipeline with a step for each of these step operators."""
    from zenml import models
    from zenml.config.pipeline_configurations import PipelineConfiguration
    from zenml.config.source import Source
    from zenml.config.step_configurations import Step, StepConfiguration, StepSpec

    steps = {}
    for number, step_operator in enumerate(step_operators):
        name = f"step_{number}"
        given: dict[str, Any] = {"name": name, "step_operator": step_operator}
        config = StepConfiguration(**given)
        spec = {
            "source": Source.from_import_path("zenml.steps.BaseStep"),
            "upstream_steps": [],
            # By its newer name, and by that before ZenML 0.90.
            "invocation_id": name,
            "pipeline_parameter_name": name,
        }
        overrides = _known(Step, {"step_config_overrides": config})
        steps[name] = Step(spec=StepSpec(**_known(StepSpec, spec)), config=config, **overrides)
    # Before ZenML 0.90 it is a deployment.
    kind: Any = getattr(models, "PipelineSnapshotBase", None)
    kind = kind or getattr(models, "PipelineDeploymentBase", None)
    return kind(
        run_name_template="contract",
        pipeline_configuration=PipelineConfiguration(name="contract"),
        step_configurations=steps,
        client_environment={},
        client_version="0",
        server_version="0",
        **_known(kind, {"is_dynamic": dynamic}),
    )


def builds(operator: Any, pipeline: Any) -> list[Any]:
    """Ask a step operator for the images of a pipeline's steps, as ZenML does."""
    from zenml.stack import StackComponent

    # Named `snapshot`, and before ZenML 0.90 `deployment`.
    name = list(inspect.signature(StackComponent.get_docker_builds).parameters)[1]
    try:
        inspect.signature(operator.get_docker_builds).bind(**{name: pipeline})
    except TypeError:
        pytest.skip(f"it takes no `{name}`: see SOP125")
    return list(operator.get_docker_builds(**{name: pipeline}))


def builds_for_a_step(operator: Any) -> list[Any]:
    """Return the images that it asks for a step of its own; skip where it cannot tell."""
    try:
        return builds(operator, compiled(operator.name))
    except Exception as error:
        pytest.skip(f"it cannot tell its images: {type(error).__name__}: {error}")


def _known(model: Any, given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in model.model_fields}
