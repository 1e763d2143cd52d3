"""The five methods that run a job on the engine.

Import the engine's client inside the methods, never at the top of a module: ZenML
imports the flavor and the operator in places where the client is not installed, and
then reports a missing integration instead of the missing client (ZenML 0.98).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from .._core.engine import Job, JobState

if TYPE_CHECKING:
    from .options import ComponentOptions


class NotWrittenError(NotImplementedError):
    """A method of the engine is still to be written."""


class BlankEngine:
    """The compute system that runs the steps."""

    # Which of "cpus", "gpus", "gpu_class" and "memory" does the engine enforce? What is
    # not listed is refused or warned about when a step asks for it.
    honours: frozenset[str] = frozenset()

    def __init__(self, options: ComponentOptions, workdir: Path) -> None:
        """Remember where the engine is; connect only when a method needs it."""
        self._options = options
        self._workdir = workdir

    def submit(self, job: Job) -> None:
        """How is a command started on the engine, under a name of our choice?

        Run `job.command` with `job.environment` where `job.runtime` says, and return
        without waiting. An `Image` is run as a container; a `Host` means an empty
        folder on a machine that sees `self._workdir`. Three things to see to:

        - The command is an argument vector. If the engine wants a string, use
          `shlex.join`: arguments can hold blanks, quotes and line breaks.
        - The environment holds secrets. Hand it over in a way that shows them neither
          in a command line nor in a listing nor in a file that others can read.
        - The same name twice is one job: look it up by `job.name` before starting it,
          or let the engine refuse the second one.

        `job.resources` has cpus, gpus and memory in MiB, `job.options` the step's own
        options, `job.labels` what an administrator looks for.
        """
        _not_written("submit")

    def poll(self, names: Sequence[str]) -> Mapping[str, JobState]:
        """What has become of these jobs?

        Answer for all names with one question to the engine; ask it even without names,
        which tells whether it answers. Translate each of its states to a `Phase`, with
        the exit code and a reason in words: they are what the user reads. `details` is
        what the job is found by in the engine, such as its number there; ZenML shows
        it. A job that the engine does not know is `JobState(Phase.FAILED, reason=...)`;
        an engine that cannot be asked now is an exception, whatever its type.
        """
        _not_written("poll")

    def cancel(self, name: str) -> None:
        """How is a job ended before its time?

        It may be queued, running, finished or unknown: none of that is an error. After
        the return, nothing of it runs any more.
        """
        _not_written("cancel")

    def logs(self, name: str, lines: int) -> str:
        """Where does the engine keep what a job wrote?

        Return the last lines: they become part of the error when a step fails before
        ZenML can tell why. Return nothing if there are none.
        """
        _not_written("logs")

    def remove(self, name: str) -> None:
        """What is left of a job after its end?

        Delete all of it, such as folders, files with its environment, or its entry in
        the engine. A job that is gone already is no error.
        """
        _not_written("remove")


def _not_written(method: str) -> NoReturn:
    raise NotWrittenError(
        f"BlankEngine.{method}() in {__name__.replace('.', '/')}.py is still to be "
        "written: its docstring says what it has to do."
    )
