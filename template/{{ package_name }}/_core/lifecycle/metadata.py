"""Lets a step's job be found from ZenML."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from zenml.client import Client
from zenml.enums import MetadataResourceTypes
from zenml.models import RunMetadataResource

if TYPE_CHECKING:
    from zenml.config.step_run_info import StepRunInfo
    from zenml.models import StepRunResponse

logger = logging.getLogger(__name__)

KEY = "job"
"""One entry for all, since a step may log metadata of its own under any name."""


def published(step_run: StepRunResponse | None) -> dict[str, str]:
    """Return what was noted of a step's job, maybe by another process."""
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
