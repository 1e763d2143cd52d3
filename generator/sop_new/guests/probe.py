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

LOG_LINES = 10
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


def job_of(step: Any) -> dict[str, str]:
    """What the step operator noted of the step's job."""
    noted = step.run_metadata.get("job")
    noted = getattr(noted, "value", noted)
    if not isinstance(noted, dict):
        return {}
    return {str(name): str(value) for name, value in noted.items()}


def log_of(step: Any) -> list[str]:
    """The last lines that a step wrote; none if ZenML keeps them in a way unknown here."""
    try:
        [log] = [log for log in step.log_collection or [] if log.source == "step"]
        entries = Client().active_stack.log_store.fetch(log).items
    except Exception:
        return []
    lines = "\n".join(str(entry.message) for entry in entries).splitlines()
    return [line.rstrip() for line in lines if line.strip()][-LOG_LINES:]


def seconds(step: Any) -> float | None:
    """How long a step took."""
    if step.start_time is None or step.end_time is None:
        return None
    lasted: float = (step.end_time - step.start_time).total_seconds()
    return round(lasted, 3)


def newest_run() -> dict[str, Any]:
    """The newest run on the active stack and its steps, in the order of their starts."""
    client = Client()
    # On a server, others run pipelines as well.
    here = client.active_stack_model.id
    run = client.list_pipeline_runs(stack_id=here, sort_by="desc:created", size=1).items[0]
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
                "job": job_of(step),
                "log": log_of(step),
            }
            for step in steps
        ],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(newest_run()), encoding="utf-8")
