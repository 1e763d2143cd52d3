"""What can be configured of the engine."""

from __future__ import annotations

from pydantic import BaseModel, Field


class StepOptions(BaseModel):
    """What a step can set for itself."""

    nice: int = Field(
        default=0,
        ge=0,
        le=19,
        description="How far the step steps back for other processes.",
    )


class ComponentOptions(BaseModel):
    """What is set once, for all steps: nothing beside the options of every engine."""
