"""The engine: the compute system that runs the steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._core.engine import Engine
    from .options import ComponentOptions


def connect(options: ComponentOptions, workdir: Path) -> Engine:
    """Return the engine that a component is configured for.

    Args:
        options: The component's configuration.
        workdir: A folder of our own, for whatever the engine keeps on disk.
    """
    from .client import BlankEngine

    return BlankEngine(options, workdir)
