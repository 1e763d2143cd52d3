"""What can be configured of the engine."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, field_validator


class StepOptions(BaseModel):
    """What a step can set for itself."""

    nice: int = Field(
        default=0,
        ge=0,
        le=19,
        description="How far the step steps back for other processes.",
    )


class ComponentOptions(BaseModel):
    """What is set once, for all steps."""

    workdir: str | None = Field(
        default=None,
        description="Absolute path of the folder for jobs, source trees and "
        "environments. Default: a folder below ZenML's own configuration.",
    )
    grace_seconds: float = Field(
        default=10,
        ge=0,
        le=600,
        description="How long a cancelled step may take to end by itself.",
    )

    @field_validator("workdir")
    @classmethod
    def _is_absolute(cls, value: str | None) -> str | None:
        if value is not None and not Path(value).expanduser().is_absolute():
            raise ValueError(f"workdir must be an absolute path, not {value!r}")
        return value
