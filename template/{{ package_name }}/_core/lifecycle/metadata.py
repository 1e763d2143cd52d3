"""Lets a step's job be found from ZenML."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from uuid import UUID

from zenml.client import Client
from zenml.enums import MetadataResourceTypes
from zenml.models import RunMetadataResource

logger = logging.getLogger(__name__)

KEY = "job"
"""One entry for all, since a step may log metadata of its own under any name."""


def publish(step_run_id: UUID, component_id: UUID, details: Mapping[str, str]) -> None:
    """Note in a step run's metadata which job ran it; no step fails by that."""
    if not details:
        return
    step_run = RunMetadataResource(id=step_run_id, type=MetadataResourceTypes.STEP_RUN)
    try:
        Client().create_run_metadata(
            metadata={KEY: dict(details)},
            resources=[step_run],
            stack_component_id=component_id,
        )
    except Exception as error:
        logger.warning("ZenML was not told which job ran a step: %s", error)
