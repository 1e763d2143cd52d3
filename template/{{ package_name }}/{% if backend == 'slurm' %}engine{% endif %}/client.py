"""Runs each job on Slurm, by its own clients.

A job is Slurm's job of the same name, and a folder of that name, which the nodes see:

    lock         held while the job is submitted
    job_id       Slurm's number of the job, once it is submitted
    environment  its environment variables; goes with the job's end
    output.log   what the job wrote, and what Slurm had to say
    run          where the command starts
    exit_code    written when the command ended
    cancelled    written when the step operator cancelled the job

Nothing else is remembered, so that any process of the user finds a job again.
"""

from __future__ import annotations

import fcntl
import shutil
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from .._core.engine import Job, JobState, Phase
from . import commands, states
from .script import arguments, entries, script

PATIENCE_SECONDS = 300
"""How long Slurm may fail to take a job for reasons that pass."""

END_SECONDS = 120
"""How long a cancelled job may take to be gone; Slurm kills it after KillWait, 30 s."""


class SlurmEngine:
    """Jobs of a Slurm cluster."""

    # Whether memory is enforced is the cluster's decision; it is at least set aside.
    honours = frozenset({"cpus", "gpus", "memory"})

    def __init__(self, folder: Path) -> None:
        """Keep the jobs' files in a folder that the nodes see."""
        self._folder = folder

    def submit(self, job: Job) -> None:
        """Submit a job, unless it was submitted before.

        Raises:
            SlurmError: If Slurm refuses it.
        """
        home = self._folder / job.name
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (home / "job_id").exists():
                return
            environment = home / "environment"
            environment.touch(mode=0o600)
            environment.write_text(entries(job.environment), encoding="utf-8")
            (home / "job_id").write_text(self._hand_over(job, home))

    def _hand_over(self, job: Job, home: Path) -> str:
        """Return Slurm's number of a job, which is submitted unless Slurm knows it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (home / "cancelled").exists():
            try:
                # Slurm may have taken it before somebody died, or the answer got lost.
                if known := commands.jobs([job.name]):
                    return known[job.name].number
                return commands.submit(arguments(job, home), script(job, home))
            except commands.SlurmError as error:
                if not error.may_pass or time.monotonic() > deadline:
                    raise
            time.sleep(1)
        raise InterruptedError("The job was cancelled while it was submitted.")

    def poll(self, names: Sequence[str]) -> Mapping[str, JobState]:
        """Ask Slurm for all jobs at once, and folders for what it has forgotten."""
        known = commands.jobs(names)
        lost = [name for name in set(names) - set(known) if not self._record(name)]
        if lost:
            known |= commands.accounted(lost)
        answer = {
            name: replace(
                self._state(name, known.get(name)),
                details=self._details(name, known.get(name)),
            )
            for name in names
        }
        for name, state in answer.items():
            if state.phase.ended:
                (self._folder / name / "environment").unlink(missing_ok=True)
        return answer

    def cancel(self, name: str) -> None:
        """Cancel a job, and wait until it is gone.

        Raises:
            SlurmError: If it is not, after a while.
        """
        home = self._folder / name
        deadline = time.monotonic() + END_SECONDS
        told = False
        while home.exists():
            try:
                if self.poll([name])[name].phase.ended:
                    return
                if not told:
                    # A job that is only just taken finds this, and ends at once.
                    (home / "cancelled").touch()
                    commands.cancel(name)
                    told = True
            except commands.SlurmError as error:
                if not error.may_pass:
                    raise
            if time.monotonic() > deadline:
                raise commands.SlurmError(f"Slurm has not ended {name} in time.")
            time.sleep(0.1)

    def logs(self, name: str, lines: int) -> str:
        """Return the last lines of the job's output."""
        try:
            with (self._folder / name / "output.log").open(errors="replace") as output:
                return "".join(deque(output, maxlen=lines))
        except FileNotFoundError:
            return ""

    def remove(self, name: str) -> None:
        """Delete the job's folder; a job that still runs is cancelled first."""
        self.cancel(name)
        shutil.rmtree(self._folder / name, ignore_errors=True)

    def _state(self, name: str, known: commands.Listed | None) -> JobState:
        if known:
            exit_code = self._exit_code(name)
            return states.listed(known.state, known.reason, known.node, exit_code)
        return self._record(name) or JobState(
            Phase.FAILED, reason="Slurm does not know the job, and it left no exit code"
        )

    def _details(self, name: str, known: commands.Listed | None) -> dict[str, str]:
        if not known:
            number = self._noted(name, "job_id")
            return {"job_id": number} if number else {}
        told = {"job_id": known.number, "node": known.node, "state": known.state}
        return {key: value for key, value in told.items() if value}

    def _record(self, name: str) -> JobState | None:
        """Return what a job's folder tells, once Slurm knows the job no more."""
        home = self._folder / name
        if (home / "cancelled").exists():
            return JobState(Phase.CANCELLED, reason="the job was cancelled")
        if (exit_code := self._exit_code(name)) is not None:
            return JobState.ended_with(exit_code)
        if _is_locked(home / "lock"):
            return JobState(Phase.PENDING)
        return None

    def _exit_code(self, name: str) -> int | None:
        noted = self._noted(name, "exit_code")
        return int(noted) if noted else None

    def _noted(self, name: str, file: str) -> str:
        """Return what a file in a job's folder says; nothing where there is none."""
        try:
            return (self._folder / name / file).read_text()
        except FileNotFoundError:
            return ""


def _is_locked(lock: Path) -> bool:
    try:
        with lock.open() as held:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
