"""Reads the newest pipeline run back from ZenML and writes it to a file, as JSON.

Run by the Python of the environment that `sop-new try` makes, never imported: it knows ZenML, and
nothing else of this package.
"""

from __future__ import annotations

import json
import math
import reprlib
import sys
from pathlib import Path
from typing import Any

from zenml.client import Client

BOUNDED = reprlib.Repr()
BOUNDED.maxstring = BOUNDED.maxother = 200


def plain(value: Any) -> bool | int | float | str | None:
    """A value as JSON can hold it: as it is, or its bounded `repr`."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, str) and len(value) <= BOUNDED.maxstring:
        return value
    return BOUNDED.repr(value)


def outputs(step: Any) -> list[dict[str, Any]]:
    """Name and value of each artifact that a step made."""
    return [
        {"name": name, "value": plain(artifact.load())}
        for name, artifacts in step.outputs.items()
        for artifact in (artifacts if isinstance(artifacts, list) else [artifacts])
    ]


def error_of(step: Any) -> str | None:
    """Type and message of the exception that ended a step, in one line."""
    info = getattr(step, "exception_info", None)
    lines = info.traceback.strip().splitlines() if info else []
    return lines[-1] if lines else None


def seconds(step: Any) -> float | None:
    """How long a step took."""
    if step.start_time is None or step.end_time is None:
        return None
    lasted: float = (step.end_time - step.start_time).total_seconds()
    return round(lasted, 3)


def newest_run() -> dict[str, Any]:
    """The newest run and its steps, in the order of their starts."""
    run = Client().list_pipeline_runs(sort_by="desc:created", size=1).items[0]
    steps = sorted(run.steps.values(), key=lambda step: str(step.start_time))
    return {
        "name": run.name,
        "status": str(run.status.value),
        "steps": [
            {
                "name": step.name,
                "status": str(step.status.value),
                "seconds": seconds(step),
                "outputs": outputs(step),
                "error": error_of(step),
            }
            for step in steps
        ],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(newest_run()), encoding="utf-8")
