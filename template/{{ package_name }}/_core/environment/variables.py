"""The environment variables of a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zenml.config import DockerSettings
    from zenml.stack import Stack


def step_variables(
    docker_settings: DockerSettings, environment: Mapping[str, str], stack: Stack
) -> dict[str, str]:
    """Return all environment variables of a step; they hold secrets.

    Args:
        docker_settings: What the step asks for.
        environment: What ZenML hands over.
        stack: The stack that the step runs on.
    """
    from zenml.config.global_config import GlobalConfiguration

    # ZenML before 0.91 has one of them only.
    runtime = getattr(docker_settings, "runtime_environment", {})
    chosen = docker_settings.environment | runtime
    merged = {name: str(value) for name, value in chosen.items()} | dict(environment)
    # A step has a ZenML configuration of its own, and would look for its artifacts
    # there; and where ZenML itself is but a file, engines have to know its place.
    store = str(environment.get("ZENML_STORE_URL", ""))
    if stack.artifact_store.config.is_local or store.startswith("sqlite:"):
        stores = GlobalConfiguration().local_stores_path
        merged.setdefault("ZENML_LOCAL_STORES_PATH", stores)
    return merged
