"""The engine: Acme's queue."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._core.engine import Engine
    from .options import ComponentOptions


def connect(options: ComponentOptions, workdir: Path) -> Engine:
    """Return the engine that a component is configured for."""
    from .client import QueueEngine

    return QueueEngine(
        options.url or os.environ.get("ACMEQ_URL", ""),
        options.token or os.environ.get("ACMEQ_TOKEN", ""),
        workdir / "jobs",
    )
