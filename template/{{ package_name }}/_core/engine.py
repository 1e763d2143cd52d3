"""The port: the words that the step operator and the engine share.

All of it is plain data, and needs the standard library alone.
"""

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
    UNKNOWN = "unknown"
    """The engine does not know the job now: not yet, no more, or by mistake."""

    @property
    def ended(self) -> bool:
        """Whether a job in this phase never changes again."""
        return self in (Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED)


@dataclass(frozen=True)
class JobState:
    """What the engine knows of a job.

    Attributes:
        phase: Where it is on its way.
        exit_code: How its command ended.
        reason: Why it is so, in words: why it waits, or how it ended.
        details: What an administrator finds it by in the engine, and at its end what it
            has used (`usage.py`). ZenML shows them to everybody: no secrets.
        start: When a pending job is expected to start, in seconds since 1970 UTC.
    """

    phase: Phase
    exit_code: int | None = None
    reason: str = ""
    details: Mapping[str, str] = field(default_factory=dict, compare=False)
    start: float | None = field(default=None, compare=False)

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
    """A place to run on a machine.

    Attributes:
        python: The interpreter that has the step's packages.
        source: An archive of the source tree.
        import_paths: Folders of the tree that the launcher imports from, relative to
            its root.
    """

    python: Path
    source: Path
    import_paths: tuple[str, ...] = (".",)


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
        timeout_seconds: How long the command may run; None is without end.
        options: What the step sets of the engine's own options.
        runtime: Where the command runs.
        labels: Run, step and pipeline: what an administrator looks for.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    resources: Resources
    timeout_seconds: int | None
    options: StepOptions
    runtime: Host | Image
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Handle:
    """What a job is found by.

    Attributes:
        name: The job's name.
        details: What `submit` returned: such as the engine's number of the job. After
            a crash there may be none, and the name has to do.
    """

    name: str
    details: Mapping[str, str] = field(default_factory=dict)


class Engine(Protocol):
    """The compute system, as the step operator sees it.

    Methods are called from several threads at once, and from processes that know
    nothing but a job's name. `tests/engine_contract` holds them to their word.
    """

    honours: frozenset[str]
    """Of "cpus", "gpus", "gpu_class", "memory" and "timeout": what it enforces."""

    needs: frozenset[str]
    """Of "another machine", "registry" and "remote store": what jobs need to run."""

    pause_seconds: float
    """The least pause between two questions to it."""

    def submit(self, job: Job) -> Mapping[str, str]:
        """Start a job, and return what it is found by; do not wait for it.

        The same name twice, also from two processes at once, is one job. An answer
        that got lost is no refusal: look for the job before you send it again.

        Raises:
            Exception: Any, if the job does not run, and never will.
        """

    def poll(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        """Tell the state of each job by its name, in one question for all of them.

        A job that the engine does not know is `Phase.UNKNOWN`; it is believed to be
        gone only after a while. Without jobs, it only finds out whether the engine
        answers. It never waits for a job.

        Raises:
            Exception: Any, when the engine cannot be asked now. It is asked again.
        """

    def cancel(self, jobs: Sequence[Handle], force: bool = False) -> None:
        """Tell the engine to end jobs, in one go, and return.

        They may be queued, running, finished or unknown; none of that is an error. The
        step operator looks for their ends by `poll`, and comes back with `force`
        for those that do not heed.

        Raises:
            Exception: Any, when the engine cannot be told now.
        """

    def logs(self, job: Handle, limit: int) -> str:
        """Return the last `limit` bytes that a job wrote at most, read from the end."""

    def remove(self, job: Handle) -> None:
        """Leave nothing of a job behind that has ended, or that was never there."""


def job_name(step_run_id: UUID) -> str:
    """Name the job of a step run."""
    return f"zenml-{step_run_id}"
