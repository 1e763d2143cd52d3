"""What can be configured of the engine."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, Field, field_validator


class StepOptions(BaseModel):
    """What a step can set for itself."""

    network: str | None = Field(
        default=None,
        min_length=1,
        description="Network that the step's container joins, also `host`, `none` or "
        "`container:NAME`. Default: Docker's own.",
    )
    volumes: list[str] = Field(
        default=[],
        description="What the container sees of the machine, each as "
        "`/there:/inside`, `/there:/inside:ro` or `VOLUME:/inside`.",
    )
    user: str | None = Field(
        default=None,
        min_length=1,
        description="User of the container, as in `1000:1000`. Default: who starts the "
        "pipeline if the step needs local files of ZenML's, else the image's own.",
    )
    gpu_ids: list[str] = Field(
        default=[],
        description="Which gpus the step gets, by index or UUID. Default: as many as "
        "its ResourceSettings ask for, whichever they are.",
    )
    shm_size: str | None = Field(
        default=None,
        pattern=r"^[1-9]\d*[bkmg]?$",
        description="Size of /dev/shm, as in `2g`: what PyTorch's data loaders share. "
        "Default: Docker's, 64m.",
    )
    pull_policy: Literal["missing", "always", "never"] = Field(
        default="missing",
        description="When the image is pulled from its registry.",
    )

    @field_validator("volumes")
    @classmethod
    def _are_volumes(cls, values: list[str]) -> list[str]:
        for value in values:
            # Docker would take a relative path for the name of a volume.
            if not re.fullmatch(r"(/|\w)[^:]*:/[^:]*(:[\w,]+)?", value):
                raise ValueError(
                    f"{value!r} must have the form /there:/inside, "
                    "/there:/inside:ro or VOLUME:/inside"
                )
        return values


class ComponentOptions(BaseModel):
    """What is set once, for all steps."""

    docker_host: str | None = Field(
        default=None,
        pattern=r"^(unix|tcp|ssh|npipe|https?)://",
        description="Address of Docker's API, such as "
        "`unix:///run/user/1000/podman/podman.sock`. Default: DOCKER_HOST, or "
        "Docker's own socket.",
    )
