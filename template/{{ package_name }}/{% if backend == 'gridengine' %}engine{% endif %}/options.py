"""What can be configured of the engine."""

from __future__ import annotations

import re

from pydantic import BaseModel, Field, field_validator

RESERVED = (
    *(
        "@",
        "ac",
        "b",
        "C",
        "clear",
        "cwd",
        "dc",
        "e",
        "h",
        "help",
        "i",
        "inherit",
        "j",
        "N",
    ),
    *("notify", "now", "o", "r", "S", "sc", "shell", "sync", "t", "tc", "terse"),
    *("V", "v", "verify", "w", "wd"),
)
"""Options of qsub that the engine sets, that would break the way it finds jobs, or that
would show the launcher's environment to everybody (qsub's manual, Grid Engine 8.1)."""


class StepOptions(BaseModel):
    """What a step can set for itself; the cluster's defaults hold for the rest."""

    queue: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.@*][A-Za-z0-9_.@*,-]*$",
        description="Queue, or several separated by commas.",
    )
    parallel_environment: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.*][A-Za-z0-9_.*-]*$",
        description="Parallel environment that gives a step several cpus of one host, "
        "as the cluster names it; needed for more than one.",
    )
    project: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.][A-Za-z0-9_.-]*$",
        description="Project that the job belongs to.",
    )
    time_limit: str | None = Field(
        default=None,
        pattern=r"^(\d+:\d{1,2}:\d{1,2}|\d+)$",
        description="How long Grid Engine lets the step run, as h_rt: seconds, or "
        "hours:minutes:seconds.",
    )
    memory_resource: str = Field(
        default="h_vmem",
        pattern=r"^[A-Za-z0-9_]+$",
        description="Resource by which the cluster gives memory, for each slot. What "
        "is called h_vmem limits the address space, as a rule.",
    )
    gpu_resource: str = Field(
        default="gpu",
        pattern=r"^[A-Za-z0-9_]+$",
        description="Resource by which the cluster gives gpus.",
    )
    resource_list: list[str] = Field(
        default=[],
        description="Further resources, each as `name` or `name=value`.",
    )
    modules: list[str] = Field(
        default=[], description="Environment modules that are loaded for the step."
    )
    qsub_args: list[str] = Field(
        default=[],
        description="Further options of qsub, each as `-name` or `-name value`.",
    )

    @field_validator("resource_list", "modules")
    @classmethod
    def _are_names(cls, values: list[str]) -> list[str]:
        for value in values:
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.:/+*=|&!@-]*", value):
                raise ValueError(f"{value!r} is no name of a module or resource")
        return values

    @field_validator("qsub_args")
    @classmethod
    def _are_options(cls, values: list[str]) -> list[str]:
        for value in values:
            option = re.fullmatch(r"-([A-Za-z_@]+)( [^\s][^\n]*)?", value)
            if not option:
                raise ValueError(
                    f"{value!r} must have the form -name or -name value, with an "
                    "option of qsub"
                )
            if option[1] in RESERVED:
                raise ValueError(f"-{option[1]} of qsub is set by the step operator")
        return values


class ComponentOptions(BaseModel):
    """What is set once, for all steps: the folder `workdir` is enough."""
