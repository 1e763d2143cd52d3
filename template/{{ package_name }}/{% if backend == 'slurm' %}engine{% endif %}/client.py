"""Runs each job on Slurm, by its own clients.

A job is Slurm's job of the same name, and a folder of that name, which the nodes see
(`_core/environment/job_folder.py`): any process of the user finds it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from .._core.engine import Handle, Job, JobState, Phase
from .._core.environment.job_folder import JobFolder, all_ended
from .._core.usage import ELAPSED
from . import commands
from .commands import SlurmError
from .script import arguments, script
from .states import Listed, state_of

PATIENCE_SECONDS = 300
"""How long Slurm may fail to take a job for reasons that pass."""


class SlurmEngine:
    """Jobs of a Slurm cluster."""

    # Whether memory is enforced is the cluster's decision; it is at least set aside.
    honours = frozenset({"cpus", "gpus", "memory", "timeout"})
    needs: frozenset[str] = frozenset()
    pause_seconds = 0.5

    def __init__(self, folder: Path) -> None:
        """Keep the jobs' files in a folder that the nodes see."""
        self._folder = folder
        self._accounts = True

    def submit(self, job: Job) -> Mapping[str, str]:
        """Submit a job, unless Slurm has it.

        Raises:
            SlurmError: If Slurm refuses it.
        """
        folder = self._job(job.name)

        def look() -> Mapping[str, str] | None:
            known = self._known(job.name, commands.jobs([job.name]))
            return known.details if known else None

        def send() -> Mapping[str, str]:
            return commands.submit(arguments(job, folder), script(job, folder))

        return folder.hand_over(look, send, PATIENCE_SECONDS)

    def poll(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        """Ask Slurm for all jobs at once, and folders for what it has forgotten.

        Raises:
            SlurmError: If Slurm cannot be asked, and a job has left no exit code.
        """
        names = [job.name for job in jobs]
        try:
            listed = commands.jobs(names)
        except SlurmError:
            if noted := all_ended([self._job(name) for name in names]):
                return noted
            raise
        known = {name: self._known(name, listed) for name in names}
        answer = {name: state_of(known[name], self._job(name)) for name in names}
        unsure = [name for name in names if answer[name].phase is Phase.UNKNOWN]
        counted = {job.name for job in jobs if ELAPSED in job.details}
        unsure += [n for n in names if answer[n].phase.ended and n not in counted]
        told = commands.accounted(unsure) if unsure and self._accounts else {}
        self._accounts &= told is not None
        for name, several in (told or {}).items():
            if accounted := self._known(name, {name: several}):
                one = replace(known[name] or accounted, used=accounted.used)
                answer[name] = state_of(one, self._job(name))
        ended = [name for name in names if answer[name].phase.ended]
        for name in ended:
            self._job(name).remove_envelopes()
        # Of a job that was sent twice, the other one may still wait.
        commands.cancel([other for name in ended for other in listed.get(name, ())])
        return answer

    def cancel(self, jobs: Sequence[Handle], force: bool = False) -> None:
        """Let Slurm end all that bears the jobs' names.

        There is nothing to force: Slurm kills what it has told to end by itself, after
        its KillWait, and no sooner if it is told again.

        Raises:
            SlurmError: If Slurm cannot be told now.
        """
        for job in jobs:
            with suppress(OSError):
                # There may be no room for it: Slurm is told all the same.
                self._job(job.name).cancel()
        listed = commands.jobs([job.name for job in jobs]).values()
        commands.cancel([each for several in listed for each in several])

    def logs(self, job: Handle, limit: int) -> str:
        """Return the end of the job's output."""
        return self._job(job.name).logs(limit)

    def remove(self, job: Handle) -> None:
        """Delete the job's folder."""
        self._job(job.name).remove()

    def _job(self, name: str) -> JobFolder:
        return JobFolder(self._folder / name)

    def _known(self, name: str, told: Mapping[str, list[Listed]]) -> Listed | None:
        """Return the job of a name that runs it, or is to run it, if Slurm tells of it.

        There are several where an answer got lost; all but one end at their start.
        """
        runner = self._job(name).claimed.get("number")
        several = [each for each in told.get(name, ()) if runner in (None, each.number)]
        return min(several, key=lambda each: each.has_ended, default=None)
