"""Runs each job on Grid Engine, by its own clients.

A job is Grid Engine's job of the same name, and a folder of that name, which the hosts
see (`_core/environment/job_folder.py`): any process of the user finds it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from .._core.engine import Handle, Job, JobState
from .._core.environment.job_folder import JobFolder, all_ended
from . import commands
from .commands import GridEngineError
from .script import arguments, script
from .states import Listed, state_of_listed, state_of_unlisted

PATIENCE_SECONDS = 300
"""How long Grid Engine may fail to take a job for reasons that pass."""


class GridEngine:
    """Jobs of a Grid Engine cluster."""

    # Whether they are enforced is the cluster's decision; they are at least set aside.
    honours = frozenset({"cpus", "gpus", "memory", "timeout"})
    needs: frozenset[str] = frozenset()
    pause_seconds = 1.0

    def __init__(self, folder: Path) -> None:
        """Keep the jobs' files in a folder that the hosts see."""
        self._folder = folder

    def submit(self, job: Job) -> Mapping[str, str]:
        """Submit a job, unless Grid Engine has it.

        Raises:
            GridEngineError: If Grid Engine refuses it.
        """
        folder = self._job(job.name)
        options = tuple(arguments(job))

        def look() -> Mapping[str, str] | None:
            known = self._known(job.name, commands.jobs([job.name]))
            return known.details if known else None

        def send() -> Mapping[str, str]:
            return {"job_id": commands.submit(options, script(job, folder))}

        return folder.hand_over(look, send, PATIENCE_SECONDS)

    def poll(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        """Ask Grid Engine for all jobs at once, and folders for what it lists no more.

        Raises:
            GridEngineError: If it cannot be asked, and a job has left no exit code.
        """
        names = [job.name for job in jobs]
        try:
            listed = commands.jobs(names)
        except GridEngineError:
            if noted := all_ended([self._job(name) for name in names]):
                return noted
            raise
        known = {name: self._known(name, listed) for name in names}
        stuck = [job.number for job in known.values() if job and _is_stuck(job)]
        why = commands.reasons(stuck)
        lost = [n for n in names if not known[n] and not self._job(n).record()]
        told = commands.accounted(lost)
        answer = {
            name: state_of_listed(job, why.get(job.number, ""))
            if job
            else state_of_unlisted(self._job(name), told.get(name, ()))
            for name, job in known.items()
        }
        ended = [name for name in names if answer[name].phase.ended]
        for name in ended:
            self._job(name).remove_envelopes()
        # One that cannot start, and the other one of a job that was sent twice.
        left = [each.number for name in ended for each in listed.get(name, ())]
        commands.cancel(left)
        return answer

    def cancel(self, jobs: Sequence[Handle], force: bool = False) -> None:
        """Let Grid Engine end all that bears the jobs' names.

        There is nothing to force: it kills by itself, the queue's `notify` after it has
        told a job to end.

        Raises:
            GridEngineError: If it cannot be told now.
        """
        for job in jobs:
            with suppress(OSError):
                # There may be no room for it: Grid Engine is told all the same.
                self._job(job.name).cancel()
        listed = commands.jobs([job.name for job in jobs]).values()
        # Told twice, it would say that it knows.
        told = [each for several in listed for each in several if "d" not in each.state]
        commands.cancel([each.number for each in told])

    def logs(self, job: Handle, limit: int) -> str:
        """Return the end of the job's output."""
        return self._job(job.name).logs(limit)

    def remove(self, job: Handle) -> None:
        """Delete the job's folder."""
        self._job(job.name).remove()

    def _job(self, name: str) -> JobFolder:
        return JobFolder(self._folder / name)

    def _known(self, name: str, told: Mapping[str, list[Listed]]) -> Listed | None:
        """Return the job of a name that runs it, or is to run it, if it is listed.

        There are several where an answer got lost; all but one end at their start.
        """
        runner = self._job(name).claimed.get("number")
        several = [each for each in told.get(name, ()) if runner in (None, each.number)]
        return min(several, key=lambda each: each.waits, default=None)


def _is_stuck(job: Listed) -> bool:
    return job.waits or job.is_broken
