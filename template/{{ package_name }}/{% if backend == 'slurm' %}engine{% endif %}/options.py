"""What can be configured of the engine."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, Field, field_validator

RESERVED = (
    "array",
    "chdir",
    "clusters",
    "error",
    "export",
    "export-file",
    "gres",
    "help",
    "hold",
    "input",
    "job-name",
    "open-mode",
    "output",
    "parsable",
    "quiet",
    "requeue",
    "test-only",
    "usage",
    "version",
    "wait",
    "wrap",
)
"""Options of sbatch that the engine sets, or that would break the way it finds jobs."""


class StepOptions(BaseModel):
    """What a step can set for itself; the cluster's defaults hold for the rest."""

    partition: str | None = Field(
        default=None,
        min_length=1,
        description="Partition, or several separated by commas.",
    )
    account: str | None = Field(
        default=None, min_length=1, description="Account that the job is charged to."
    )
    qos: str | None = Field(
        default=None, min_length=1, description="Quality of service."
    )
    time_limit: str | None = Field(
        default=None,
        pattern=r"^(\d+-)?\d+(:\d+){0,2}$",
        description="How long Slurm lets the step run: minutes, hours:minutes:seconds, "
        "days-hours and so on.",
    )
    constraint: str | None = Field(
        default=None, min_length=1, description="Features that its nodes must have."
    )
    gpu_type: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.-]+$",
        description="Type of the gpus that the step's ResourceSettings ask for, as the "
        "cluster names it.",
    )
    gres: list[str] = Field(
        default=[],
        description="Other generic resources, such as `tmpdisk:10G`.",
    )
    modules: list[str] = Field(
        default=[], description="Environment modules that are loaded for the step."
    )
    container_image: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9/][^\s,]*$",
        description="Image that the step's command runs in, with the interpreter and "
        "the packages prepared here: a reference, or a path on the nodes, as "
        "`container_runtime` takes it.",
    )
    container_runtime: Literal["apptainer", "charliecloud", "podman", "pyxis"] = Field(
        default="podman", description="What runs the image on the nodes."
    )
    container_binds: list[str] = Field(
        default=[],
        description="Further folders of the nodes that are to be seen inside, each as "
        "`/path` or `/path:/path/inside`.",
    )
    container_args: list[str] = Field(
        default=[],
        description="Further options of `container_runtime`, each as `--name` or "
        "`--name=value`. Everybody on the node can see them.",
    )
    sbatch_args: list[str] = Field(
        default=[],
        description="Further options of sbatch, each as `--name` or `--name=value`.",
    )

    @field_validator("modules", "gres")
    @classmethod
    def _are_names(cls, values: list[str]) -> list[str]:
        for value in values:
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.:/+-]*", value):
                raise ValueError(f"{value!r} is no name of a module or resource")
        return values

    @field_validator("container_binds")
    @classmethod
    def _are_binds(cls, values: list[str]) -> list[str]:
        for value in values:
            if not re.fullmatch(r"/[^:,]*(:/[^:,]*)?", value):
                raise ValueError(f"{value!r} must have the form /path or /path:/inside")
        return values

    @field_validator("container_args")
    @classmethod
    def _are_of_the_runtime(cls, values: list[str]) -> list[str]:
        for value in values:
            if not re.fullmatch(r"--[a-z][a-z-]*(=.*)?", value):
                raise ValueError(f"{value!r} must have the form --name or --name=value")
        return values

    @field_validator("sbatch_args")
    @classmethod
    def _are_options(cls, values: list[str]) -> list[str]:
        for value in values:
            option = re.fullmatch(r"--([a-z][a-z0-9-]*)(=.*)?", value)
            if not option:
                raise ValueError(
                    f"{value!r} must have the form --name or --name=value, with the "
                    "long name of an option of sbatch"
                )
            # sbatch takes the beginning of a name for the whole of it.
            if any(name.startswith(option[1]) for name in RESERVED):
                raise ValueError(f"--{option[1]} of sbatch is set by the step operator")
        return values


class ComponentOptions(BaseModel):
    """What is set once, for all steps: the folder `workdir` is enough for Slurm."""
