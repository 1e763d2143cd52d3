"""The environment variables of a step."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zenml.config import DockerSettings
    from zenml.stack import Stack

LONGEST = 128 * 1024
"""Of a variable with its name, in bytes: Linux's MAX_ARG_STRLEN."""


def chosen_variables(docker_settings: DockerSettings) -> dict[str, str]:
    """Return what a step's Docker settings add to its environment.

    It is no secret: ZenML shows it to everybody who sees the pipeline.
    """
    # ZenML before 0.91 has one of them only.
    runtime = getattr(docker_settings, "runtime_environment", {})
    chosen = docker_settings.environment | runtime
    return {name: str(value) for name, value in chosen.items()}


def step_variables(
    docker_settings: DockerSettings, environment: Mapping[str, str], stack: Stack
) -> dict[str, str]:
    """Return all environment variables of a step; they hold secrets.

    Args:
        docker_settings: What the step asks for.
        environment: What ZenML hands over.
        stack: The stack that the step runs on.

    Raises:
        ValueError: If a variable is none that a process can have.
    """
    from zenml.config.global_config import GlobalConfiguration

    merged = chosen_variables(docker_settings) | dict(environment)
    # A step has a ZenML configuration of its own, and would look for its artifacts
    # there; and where ZenML itself is but a file, engines have to know its place.
    store = str(environment.get("ZENML_STORE_URL", ""))
    if stack.artifact_store.config.is_local or store.startswith("sqlite:"):
        stores = GlobalConfiguration().local_stores_path
        merged.setdefault("ZENML_LOCAL_STORES_PATH", stores)
    for name, value in merged.items():
        _refuse_impossible(name, value)
    return merged


def _refuse_impossible(name: str, value: str) -> None:
    """Say now what a process could not be started with, and by which name."""
    if not name or "=" in name or "\0" in name + value:
        raise ValueError(f"No process can have an environment variable {name!r}.")
    if len(os.fsencode(f"{name}={value}")) >= LONGEST:
        raise ValueError(
            f"The environment variable {name} has {len(value) // 1024} KiB: Linux "
            f"takes {LONGEST // 1024} at most. Hand over the path of a file."
        )
