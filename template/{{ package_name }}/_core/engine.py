"""The words that the step operator and the engine share."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from .resources import Resources

if TYPE_CHECKING:
    from ..engine.options import StepOptions


class Phase(Enum):
    """Where a job is on its way."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether a job in this phase never changes again."""
        return self not in (Phase.PENDING, Phase.RUNNING)


@dataclass(frozen=True)
class JobState:
    """What the engine knows of a job.

    Attributes:
        phase: Where it is on its way.
        exit_code: How its command ended.
        reason: Why it is so, in words.
        details: What an administrator finds it by in the engine. ZenML shows them to
            everybody: no secrets.
    """

    phase: Phase
    exit_code: int | None = None
    reason: str = ""
    details: Mapping[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def ended_with(cls, exit_code: int) -> JobState:
        """Describe a job that ended by itself, by the exit code as shells tell it."""
        if exit_code == 0:
            return cls(Phase.SUCCEEDED, exit_code)
        reason = f"the job ended with exit code {exit_code}"
        if exit_code == 128 + signal.SIGKILL:
            reason = "the job was killed (SIGKILL), as happens when memory runs out"
        elif exit_code == 128 + signal.SIGTERM:
            reason = "the job was ended by SIGTERM, as at a time limit"
        elif exit_code > 128:
            with suppress(ValueError):
                reason = f"the job was ended by {signal.Signals(exit_code - 128).name}"
        return cls(Phase.FAILED, exit_code, reason)


@dataclass(frozen=True)
class Host:
    """A place to run on a machine: an interpreter and an archive of the source tree."""

    python: Path
    source: Path


@dataclass(frozen=True)
class Image:
    """A place to run in a container."""

    reference: str
    credentials: tuple[str, str] | None = field(default=None, repr=False)
    """Name and password that its registry asks for, if it does."""


@dataclass(frozen=True)
class Job:
    """One step run, as the engine sees it.

    Attributes:
        name: Follows from the step run's id alone, so that any process finds the
            job again, and submitting a step run twice is one job.
        command: An argument vector; never a shell string.
        environment: Holds secrets: it must reach the step, and must not reach a
            command line, a label, a log, a listing or a file that others can read.
        resources: What the step asks for.
        options: What the step sets of the engine's own options.
        runtime: Where the command runs.
        labels: Run, step and pipeline: what an administrator looks for.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    resources: Resources
    options: StepOptions
    runtime: Host | Image
    labels: Mapping[str, str]


class Engine(Protocol):
    """The compute system, as the step operator sees it."""

    honours: frozenset[str]
    """The fields of `Resources` that this engine enforces."""

    def submit(self, job: Job) -> None:
        """Start a job and return; the same name twice is one job."""

    def poll(self, names: Sequence[str]) -> Mapping[str, JobState]:
        """Tell the state of each job, in one call for all of them.

        A job that the engine does not know, and that left no record, is failed
        with that reason. Without names, it only finds out whether the engine answers.

        Raises:
            Exception: Any, when the engine cannot be asked now. It is asked again.
        """

    def cancel(self, name: str) -> None:
        """End a job, be it queued, running, finished or unknown."""

    def logs(self, name: str, lines: int) -> str:
        """Return the last lines that a job wrote; nothing if there are none."""

    def remove(self, name: str) -> None:
        """Leave nothing of a finished job behind."""


def job_name(step_run_id: UUID) -> str:
    """Name the job of a step run."""
    return f"zenml-{step_run_id}"
