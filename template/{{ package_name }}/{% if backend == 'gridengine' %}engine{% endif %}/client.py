"""Runs each job on Grid Engine, by its own clients.

A job is Grid Engine's job of the same name, and a folder of that name, which the hosts
see (`_core/environment/job_folder.py`): any process of the user finds it again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from .._core.engine import Handle, Job, JobState
from .._core.environment.job_folder import JobFolder
from .._core.environment.workdir import locked
from . import commands
from .commands import GridEngineError
from .script import arguments, script
from .states import Listed, state_of_listed, state_of_unlisted

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 300
"""How long Grid Engine may fail to take a job for reasons that pass."""

LOOK_SECONDS = 1
"""The pause between two looks for a job whose submission got no answer."""


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
        with ExitStack() as held:
            with suppress(OSError):
                # Where there are no locks, two may send it; the claim lets one run.
                held.enter_context(locked(folder.path / "lock"))
            if number := folder.claimed.get("number"):
                return {"job_id": number}
            return self._hand_over(job, options, folder)

    def _hand_over(
        self, job: Job, options: Sequence[str], folder: JobFolder
    ) -> Mapping[str, str]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        # A job whose answer got lost may be listed late: it is looked for, ever
        # longer, before it is sent again.
        looked, enough = 0, 1
        fault: GridEngineError | None = None
        while not folder.is_cancelled:
            try:
                if known := self._known(job.name, commands.jobs([job.name])):
                    return known.details
                if fault and folder.record():
                    # It has run meanwhile, and is gone.
                    return {"job_id": folder.claimed.get("number", "")}
                looked += 1
                if looked == enough:
                    looked, enough = 0, 8 * enough
                    return {"job_id": commands.submit(options, script(job, folder))}
            except GridEngineError as error:
                if str(error) != str(fault):
                    logger.warning("%s is not taken yet: %s", job.name, error)
                fault = error
            if fault and (fault.is_final or time.monotonic() > deadline):
                raise fault
            time.sleep(LOOK_SECONDS)
        raise InterruptedError("The job was cancelled while it was submitted.")

    def poll(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        """Ask Grid Engine for all jobs at once, and folders for what it lists no more.

        Raises:
            GridEngineError: If it cannot be asked, and a job has left no exit code.
        """
        names = [job.name for job in jobs]
        try:
            listed = commands.jobs(names)
        except GridEngineError:
            records = {name: self._job(name).record() for name in names}
            noted = {n: r for n, r in records.items() if r and r.exit_code is not None}
            if not noted or len(noted) < len(names):
                raise
            return noted
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
