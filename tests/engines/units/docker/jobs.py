"""Jobs for a fake Docker."""

from __future__ import annotations

from typing import Any

from zenml_acme._core.engine import (
    Handle,
    Image,
    Job,
    JobState,
)
from zenml_acme._core.resources import Resources
from zenml_acme.engine.client import DockerEngine
from zenml_acme.engine.options import StepOptions

CANARY = "canary-in-the-environment"

JOB = Handle("job")


def job(
    *command: str,
    name: str = "job",
    resources: Resources | None = None,
    image: Image | None = None,
    environment: dict[str, str] | None = None,
    timeout_seconds: int | None = None,
    **options: Any,
) -> Job:
    return Job(
        name=name,
        command=command or ("true",),
        environment=environment or {"CANARY": CANARY},
        resources=resources or Resources(),
        timeout_seconds=timeout_seconds,
        options=StepOptions(**options),
        runtime=image or Image("image:1"),
        labels={"run": "a run", "step": "a step", "pipeline": "a pipeline"},
    )


def state(engine: DockerEngine) -> JobState:
    return engine.poll([JOB])["job"]
