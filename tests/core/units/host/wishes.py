"""What steps want to be installed, by their Docker settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from zenml import __version__
from zenml.client import Client
from zenml.config import DockerSettings
from zenml_acme._core.environment.packages.build import Packages
from zenml_acme._core.environment.packages.requirements import wanted_packages

Want = Callable[..., Packages]


@pytest.fixture
def want(stack: None, tmp_path: Path) -> Want:
    """Say what a step with such Docker settings wants."""

    def wanted(**settings: Any) -> Packages:
        active = Client().active_stack
        found = wanted_packages(DockerSettings(**settings), active, tmp_path / "wheels")
        return found or Packages()

    return wanted


def split(packages: Packages) -> tuple[list[str], str]:
    """Separate what a step asks for from ZenML and this package."""
    own, *others, zenml = packages.requirements
    assert zenml == f"zenml[local]=={__version__}"
    return others, own
