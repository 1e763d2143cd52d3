"""What can be configured of the engine."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from .._core.environment.prepare import ContainerOptions
from .._core.resources import Resources

RESERVED = (
    *("array", "chdir", "clusters", "error", "export", "export-file", "gres", "help"),
    *("hold", "input", "job-name", "nodes", "ntasks", "ntasks-per-node", "open-mode"),
    *("output", "parsable", "quiet", "requeue", "test-only", "usage", "version"),
    *("wait", "wrap"),
)
"""Options of sbatch that the engine sets, or that would break the way it finds jobs."""


class StepOptions(ContainerOptions):
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
    gpu_memory: int | None = Field(
        default=None, ge=1, description="GiB of a gpu that is shared, in whole shards."
    )
    shard_memory: int | None = Field(
        default=None, ge=1, description="GiB that one shard of a gpu stands for."
    )
    gres: list[str] = Field(
        default=[],
        description="Other generic resources, such as `tmpdisk:10G`.",
    )
    reservation: str | None = Field(
        default=None, min_length=1, description="Reservation that its nodes are from."
    )
    nice: int | None = Field(
        default=None, ge=0, le=10**9, description="By how much its priority is lower."
    )
    begin: str | None = Field(
        default=None, pattern=r"^[0-9A-Za-z:+/-]+$", description="Its earliest start."
    )
    dependency: str | None = Field(
        default=None,
        pattern=r"^(after[a-z]*(:\d+(\+\d+)?)+([,?]|$))+$",
        description="Jobs of the cluster that it waits for, as in `afterok:20:21`.",
    )
    nodes: int | None = Field(
        default=None, ge=1, description="Number of nodes of a command step."
    )
    tasks_per_node: int | None = Field(
        default=None, ge=1, description="Number of a command step's tasks on each node."
    )
    prologue: str | None = Field(
        default=None,
        pattern=r"^(/|~[A-Za-z0-9._-]*/)[^\x00-\x1f]+$",
        description="File on the cluster that bash sources first, as for conda.",
    )
    modules: list[str] = Field(
        default=[], description="Environment modules that are loaded for the step."
    )
    container_runtime: Literal["apptainer", "charliecloud", "podman", "pyxis"] = Field(
        default="podman", description="What runs the image on the nodes."
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

    @field_validator("sbatch_args")
    @classmethod
    def _are_options(cls, values: list[str]) -> list[str]:
        for value in values:
            option = re.fullmatch(r"--([a-z][a-z0-9-]*)(=.*)?", value)
            if value == ":" or value.startswith(("--arr", "--het")):
                raise ValueError(f"{value!r}: a step is one job, no array or hetjob")
            if not option:
                raise ValueError(
                    f"{value!r} must have the form --name or --name=value, with the "
                    "long name of an option of sbatch"
                )
            # sbatch takes the beginning of a name for the whole of it.
            if any(name.startswith(option[1]) for name in RESERVED):
                raise ValueError(f"--{option[1]} of sbatch is set by the step operator")
        return values

    def refusal(self, resources: Resources, is_command: bool) -> str:
        """Say why a step cannot have all of this; nothing if it can."""
        if not is_command and (self.nodes or 1) * (self.tasks_per_node or 1) > 1:
            return (
                "nodes and tasks_per_node are for command steps: each task would run "
                "ZenML's entrypoint, and publish the same outputs"
            )
        if self.gpu_memory and not self.shard_memory:
            return "gpu_memory needs shard_memory, which Slurm does not tell"
        if self.gpu_memory and (self.gpu_type or (resources.gpus or 1) > 1):
            return "gpu_memory is a part of one gpu, of whatever type"
        if self.container_image and (self.nodes or self.tasks_per_node):
            return "container_image is for steps of one task"
        return ""


class ComponentOptions(BaseModel):
    """What is set once, for all steps: the folder `workdir` is enough for Slurm."""
