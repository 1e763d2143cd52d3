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
    timeout_seconds: int | None = Field(
        default=None,
        ge=1,
        description="How long the step may run; it has failed after that. Default: "
        "without end.",
    )


class ComponentOptions(BaseModel):
    """What is set once, for all steps."""

    grace_seconds: float = Field(
        default=10,
        ge=0,
        le=600,
        description="How long a cancelled step may take to end by itself.",
    )
