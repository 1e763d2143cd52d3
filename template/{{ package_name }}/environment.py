"""Prepares the place where a step runs: an interpreter with its packages, and the code.

ZenML uploads code and builds environments only for images. Without an image both are
the step operator's task (ZenML 0.98, pipelines/build_utils.py).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, field_validator

from .job import Host
from .packages import build_environment
from .requirements import wanted_packages
from .source_tree import archive_tree

if TYPE_CHECKING:
    from zenml.config import DockerSettings
    from zenml.config.step_run_info import StepRunInfo
    from zenml.stack import Stack

IMAGE_ONLY = (
    "apt_packages",
    "build_config",
    "build_context_root",
    "build_options",
    "dockerfile",
    "dockerignore",
    "local_project_install_command",
    "parent_image",
    "parent_image_build_config",
    "user",
)
"""Docker settings that decide what a step finds, and mean nothing without an image."""


class StepEnvironment(BaseModel):
    """What a step can say about the place where it runs."""

    python: str | None = Field(
        default=None,
        min_length=1,
        description="Interpreter that runs the step, used as it is; ZenML and this "
        "package must be installed there. Default: the interpreter that started the "
        "pipeline, or an environment built for the packages in the step's Docker "
        "settings.",
    )
    source_limit_mib: int = Field(
        default=100,
        ge=1,
        description="Largest size of the source tree that is sent along, in MiB.",
    )


class ComponentEnvironment(BaseModel):
    """What holds for all steps of a component."""

    workdir: str | None = Field(
        default=None,
        description="Absolute path of the folder for jobs, source trees and "
        "environments; the machines that run steps must see it. Default: a folder "
        "below ZenML's own configuration.",
    )

    @field_validator("workdir")
    @classmethod
    def _is_absolute(cls, value: str | None) -> str | None:
        if value is not None and not Path(value).expanduser().is_absolute():
            raise ValueError(f"workdir must be an absolute path, not {value!r}")
        return value


def work_folder(chosen: str | None) -> Path:
    """Return the folder for jobs, sources and environments; create it for us alone."""
    from zenml.config.global_config import GlobalConfiguration

    default = Path(GlobalConfiguration().config_directory) / "step_operators"
    folder = Path(chosen).expanduser() if chosen else default / str(__package__)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def prepare(
    info: StepRunInfo, stack: Stack, options: StepEnvironment, folder: Path
) -> Host:
    """Prepare what a step needs to run.

    Raises:
        RuntimeError: If the source tree is too large, or its packages cannot be
            installed.
    """
    from zenml.utils import source_utils

    if options.python:
        python = Path(options.python).expanduser()
    elif packages := wanted_packages(
        info.config.docker_settings, stack, folder / "wheels"
    ):
        python = build_environment(packages, folder / "environments")
    else:
        python = Path(sys.executable)
    source = archive_tree(
        Path(source_utils.get_source_root()),
        folder / "sources",
        limit_mib=options.source_limit_mib,
    )
    return Host(python=python, source=source)


def command(host: Host, argv: Sequence[str]) -> tuple[str, ...]:
    """Return the command that runs another one in the prepared place."""
    return (
        str(host.python),
        "-m",
        f"{__package__}.bootstrap",
        str(host.source),
        *argv,
    )


def variables(
    docker_settings: DockerSettings, environment: Mapping[str, str], stack: Stack
) -> dict[str, str]:
    """Return all environment variables of a step; they hold secrets."""
    from zenml.config.global_config import GlobalConfiguration

    # ZenML before 0.91 has one of them only.
    runtime = getattr(docker_settings, "runtime_environment", {})
    chosen = docker_settings.environment | runtime
    merged = {name: str(value) for name, value in chosen.items()} | dict(environment)
    if stack.artifact_store.config.is_local:
        # A step has a ZenML configuration of its own, and would look for its
        # artifacts there.
        stores = GlobalConfiguration().local_stores_path
        merged.setdefault("ZENML_LOCAL_STORES_PATH", stores)
    return merged


def unsupported(docker_settings: DockerSettings) -> list[str]:
    """Name the Docker settings that cannot be honoured without an image."""
    return [
        f"DockerSettings({name}=...)"
        for name in IMAGE_ONLY
        if getattr(docker_settings, name, None)
    ]
