"""The five methods that run a job on the engine.

Import the engine's client inside the methods, never at the top of a module: ZenML
imports the flavor and the operator in places where the client is not installed, and
then reports a missing integration instead of the missing client (ZenML 0.98).

`pytest tests/engine_contract` holds the methods to every sentence here, and lists the
questions that are still open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from .._core.engine import Handle, Job, JobState

if TYPE_CHECKING:
    from .options import ComponentOptions


class NotWrittenError(NotImplementedError):
    """A method of the engine is still to be written."""


class BlankEngine:
    """The compute system that runs the steps.

    Each process that runs or watches pipelines makes one, and calls it from several
    threads at once; also one that has submitted nothing, and knows a job's name alone.
    So nothing about a job may be remembered here. Each option in `options.py` is to be
    read: one that nothing reads is a promise that nobody keeps.
    """

    # Which of "cpus", "gpus", "gpu_class", "memory" and "timeout" does it enforce? What
    # is not listed is refused or warned about when a step asks for it. On hosts, the
    # "timeout" is enforced by what `JobFolder` lets run.
    honours: frozenset[str] = frozenset()

    # Does a stack need a "remote store" for artifacts, since steps do not see the files
    # of this machine? A "registry" to pull images from? One without is refused then.
    needs: frozenset[str] = frozenset()

    # How many seconds have to lie between two questions at least?
    pause_seconds = 1.0

    def __init__(self, options: ComponentOptions, workdir: Path) -> None:
        """Remember where the engine is; connect only when a method needs it.

        In `workdir`, the names `sources`, `environments` and `wheels` are taken, and
        `jobs` is a good one for what is kept of jobs.
        """
        self._options = options
        self._workdir = workdir

    def submit(self, job: Job) -> Mapping[str, str]:
        """How is a command started on the engine, under a name of our choice?

        Called once for a step, or again when nobody knows what became of the first
        time: the same name twice, also from eight processes at once, is one job. Look
        for it by `job.name`, or let the engine refuse the second one; and look again
        before you repeat a call whose answer got lost. Return as soon as the engine has
        the job. Whatever is raised means that the job does not run and never will.

        Where `job.runtime` is a `Host`, let the engine run one command on a machine
        that sees `workdir`, with its output in `folder.log`:

            folder = JobFolder(self._workdir / "jobs" / job.name)
            (sys.executable, *folder.prepare(job, "VARIABLE WITH THE JOB'S NUMBER"))

        `_core/environment/job_folder.py` then does the claim, so that whoever starts
        first runs the job and all others end at once; the envelope, which carries
        command and environment past every shell, and goes when it is read; the time
        limit; signals, which reach the command; what the command leaves running; and
        the record of its end.

        Where it is an `Image`, run `job.command` in a container of it, and see to that
        yourself. The command is an argument vector: if the engine wants a string, use
        `shlex.join`. `job.environment` goes on top of the image's own. After
        `job.timeout_seconds`, the job has failed, with a reason that says so.

        The environment holds secrets: they may be in no command line, listing,
        definition or log, in no file that others can read, and in none after the end.

        `job.resources` has cpus, gpus and memory in MiB, `job.options` the step's own
        options, `job.labels` what an administrator looks for.

        Return what the job is found by, such as its number, as texts. They are shown in
        ZenML at once, and come back in `Handle.details`; after a crash they are lost,
        and the name has to do.
        """
        _not_written(self.submit)

    def poll(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        """What has become of these jobs?

        Called every `pause_seconds` at most, for all jobs of this process: answer by
        name, for all of them, with one question to the engine, and without waiting for
        a job. Ask it even for no job at all, which tells whether it answers.

        Translate each of its states to a `Phase`. A job may be pending, with a reason;
        then runs; and has ended, for good: as succeeded; as failed, with its exit code
        and a reason that its user reads, 137 being killed; or as cancelled, if it was
        ended by `cancel`, whether it had begun or not. One that the engine does not
        know is unknown. `JobState.ended_with` makes a state of an exit code. A job has
        ended when its command has, and nothing of it runs any more.

        `details` are what `submit` returns, or what is known only later, such as the
        node. An engine that cannot be asked now is an exception, of any type, and soon:
        never an unknown or a failed job.
        """
        _not_written(self.poll)

    def cancel(self, jobs: Sequence[Handle], force: bool = False) -> None:
        """How are jobs ended before their time?

        Tell the engine about all of them in one go, and return: the step operator looks
        for their ends by `poll`. They may be queued, running, finished or unknown; none
        of that is an error, and one that has ended stays what it is. A command gets
        SIGTERM and may tidy up. `force` comes after the component's `grace_seconds`,
        and ends what ignores that, with all that it has started.

        On hosts, mark each by `JobFolder(...).cancel()` before: one that starts a
        moment later ends at once then. Called at any time, also at the launcher's exit.
        """
        _not_written(self.cancel)

    def logs(self, job: Handle, limit: int) -> str:
        """Where does the engine keep what a job wrote?

        Return the last `limit` bytes at most, as text, and read no more than that: a
        log may have gigabytes, and no line end. It is called when a step has failed,
        and becomes part of the error. Return nothing if there is none. On hosts,
        `JobFolder(...).logs(limit)` does it.
        """
        _not_written(self.logs)

    def remove(self, job: Handle) -> None:
        """What is left of a job after its end?

        Delete all of it, such as folders, files, or its entry in the engine. Called
        after a step's end, if nobody wants to keep the log. A job that is gone already,
        or was never there, is no error. On hosts, `JobFolder(...).remove()` does it.
        """
        _not_written(self.remove)


def _not_written(method: object) -> NoReturn:
    name, question = getattr(method, "__qualname__", ""), getattr(method, "__doc__", "")
    raise NotWrittenError(
        f"{name}() in {__name__.replace('.', '/')}.py is still to be written: "
        f"{question.partition(chr(10))[0]}"
    )
