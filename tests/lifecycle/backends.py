"""What the scenarios have to know of a backend: LIFECYCLE_BACKEND names it."""

import os
from dataclasses import dataclass, field
from typing import Any

import pytest

Settings = dict[str, Any]


@dataclass(frozen=True)
class Backend:
    """A backend's own words for what all of them do.

    Attributes:
        hurried: settings with which a step may run for a short time only.
        hurry: what is said when that time is over.
        queued: settings with which a step stays in the queue, if there is one.
        enforces_memory: whether a step that takes more memory than it asked for is ended.
    """

    hurried: Settings
    hurry: str
    queued: Settings = field(default_factory=dict)
    enforces_memory: bool = False


NAME = os.environ.get("LIFECYCLE_BACKEND", "local")
BACKEND = {
    "local": Backend(hurried={"timeout_seconds": 4}, hurry="reached its timeout_seconds"),
    "slurm": Backend(
        hurried={"time_limit": "1"},
        hurry="reached its time limit (TIMEOUT",
        queued={"sbatch_args": ["--begin=now+1hour"]},
        enforces_memory=True,
    ),
}[NAME]

needs_queue = pytest.mark.skipif(not BACKEND.queued, reason=f"the backend {NAME} has no queue")
needs_memory = pytest.mark.skipif(
    not BACKEND.enforces_memory, reason=f"the backend {NAME} enforces no memory"
)
