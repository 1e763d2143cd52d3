"""The engine: a Grid Engine cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._core.engine import Engine
    from .options import ComponentOptions


def connect(options: ComponentOptions, workdir: Path) -> Engine:
    """Return the engine that a component is configured for."""
    from .client import GridEngine

    return GridEngine(workdir / "jobs")
