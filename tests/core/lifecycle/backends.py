"""What the scenarios have to know of a backend: LIFECYCLE_BACKEND names it."""

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HOME = Path(tempfile.mkdtemp(prefix="zenml lifecycle "))
WORKDIR = HOME / "a wörkdir"
"""Blanks and letters of all kinds belong to the way of whatever runs there."""


class Host:
    """Where steps are processes of this machine, and files below the workdir."""

    def is_alive(self, mark: Path) -> bool:
        """Whether the step runs that left this mark."""
        return is_alive(process_of(mark))

    def running(self) -> Sequence[object]:
        """All processes that stand in a job's folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                folder = (process / "cwd").readlink()
            except OSError:
                continue
            if folder.is_relative_to(WORKDIR) and is_alive(int(process.name)):
                found.append(process.name)
        return found

    def remains(self, step_run_id: object) -> Sequence[object]:
        """What is left of a step's job."""
        return list(WORKDIR.rglob(f"*{step_run_id}*"))


class Docker:
    """Where steps are containers."""

    def is_alive(self, mark: Path) -> bool:
        return bool(self._list(id=mark.name.partition("-")[0]))

    def running(self) -> Sequence[object]:
        # Other tests may use the same Docker.
        return self._list(volume=str(HOME))

    def remains(self, step_run_id: object) -> Sequence[object]:
        return self._list(all=True, name=str(step_run_id))

    def _list(self, *, all: bool = False, **filters: str) -> Sequence[object]:
        import docker

        listed: Sequence[object] = docker.from_env().api.containers(all=all, filters=filters)
        return listed


@dataclass(frozen=True)
class Backend:
    """A backend's own words for what all of them do.

    Attributes:
        engine: how to see from outside what became of a step.
        options: of the components.
        queued: settings with which a step stays in the queue, if there is one.
        enforces_memory: whether a step that takes more memory than it asked for is ended.
    """

    engine: Host | Docker = field(default_factory=Host)
    options: dict[str, Any] = field(default_factory=dict)
    queued: dict[str, Any] = field(default_factory=dict)
    enforces_memory: bool = False


NAME = os.environ.get("LIFECYCLE_BACKEND", "local")
BACKEND = {
    "local": Backend(),
    "slurm": Backend(queued={"sbatch_args": ["--begin=now+1hour"]}, enforces_memory=True),
    "gridengine": Backend(
        options={"parallel_environment": "smp"}, queued={"qsub_args": ["-a 203801010000"]}
    ),
    "docker": Backend(
        engine=Docker(),
        options={"volumes": [f"{HOME}:{HOME}"]},
        enforces_memory=True,
    ),
}[NAME]

needs_host = pytest.mark.skipif(
    isinstance(BACKEND.engine, Docker), reason=f"the backend {NAME} runs no commands on a host"
)
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone finds daemons")
needs_queue = pytest.mark.skipif(not BACKEND.queued, reason=f"the backend {NAME} has no queue")
needs_memory = pytest.mark.skipif(
    not BACKEND.enforces_memory, reason=f"the backend {NAME} enforces no memory"
)


def is_alive(process: int) -> bool:
    try:
        # A zombie is dead, even where nobody buries it.
        return ") Z" not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False


def process_of(mark: Path) -> int:
    """The process that left a mark, as it knows itself."""
    return int(mark.name.rpartition("-")[2])
