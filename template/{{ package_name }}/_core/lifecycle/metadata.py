"""What ZenML knows of a step and its job: who runs it, where, and how it failed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast
from uuid import UUID

from zenml.client import Client
from zenml.enums import MetadataResourceTypes
from zenml.models import RunMetadataResource
from zenml.step_operators import BaseStepOperator

if TYPE_CHECKING:
    from zenml.config.step_run_info import StepRunInfo
    from zenml.models import StepRunResponse

logger = logging.getLogger(__name__)

KEY = "job"
"""One entry for all, since a step may log metadata of its own under any name."""


def other_operator(step_run: StepRunResponse, own: str) -> BaseStepOperator | None:
    """Return the operator that runs a step, if it is not the one of this name.

    For a dynamic run, ZenML asks the stack's default operator, whichever one the step
    names (ZenML 0.98, execution/pipeline/dynamic/runner.py).

    Raises:
        RuntimeError: If there is no such operator in the active stack.
    """
    if step_run.config.uses_step_operator(own):
        return None
    named = str(step_run.config.step_operator)
    others = getattr(Client().active_stack, "step_operators", {})
    if named not in others:
        raise RuntimeError(
            f"Step {step_run.name} runs on {named!r}, which is no step operator of "
            "the active stack: activate the stack that it was started on."
        )
    return cast(BaseStepOperator, others[named])


def exception_of(step_run_id: UUID) -> str:
    """Return what a step raised, in a line; nothing if ZenML does not know."""
    told = Client().get_run_step(step_run_id).exception_info
    # All that ZenML before 0.94 keeps of an exception is its traceback.
    return told.traceback.strip().splitlines()[-1] if told else ""


def published(step: StepRunResponse | StepRunInfo) -> dict[str, str]:
    """Return what was noted of a step's job, maybe by another process."""
    step_run = getattr(step, "step_run", step)
    noted = getattr(step_run, "run_metadata", {}).get(KEY)
    return {k: str(v) for k, v in noted.items()} if isinstance(noted, dict) else {}


def publish(
    step_run_id: UUID,
    component_id: UUID,
    details: Mapping[str, str],
    info: StepRunInfo | None = None,
) -> None:
    """Note in a step run's metadata which job runs it; no step fails by that.

    Args:
        step_run_id: Id of the step run.
        component_id: Id of the step operator.
        details: What the job is found by.
        info: What ZenML goes on with, which it does not ask for again.
    """
    if not details:
        return
    if known := getattr(info, "step_run", None):
        known.run_metadata[KEY] = dict(details)
    step_run = RunMetadataResource(id=step_run_id, type=MetadataResourceTypes.STEP_RUN)
    try:
        Client().create_run_metadata(
            metadata={KEY: dict(details)},
            resources=[step_run],
            stack_component_id=component_id,
        )
    except Exception as error:
        logger.warning("ZenML was not told which job ran a step: %s", error)
