"""Runs each job as processes of this machine, detached from whoever started them.

A job is a folder of the job's name, see `_core/environment/job_folder.py`, so that any
process of the user finds it again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from .._core.engine import Handle, Host, Job, JobState, Phase
from .._core.environment.bootstrap import descendants
from .._core.environment.job_folder import JobFolder
from .._core.environment.workdir import locked

START_SECONDS = 10
"""How long a job may take to begin."""


class LocalEngine:
    """Processes of this machine."""

    # Processes have no limits of their own.
    honours = frozenset({"timeout"})
    needs: frozenset[str] = frozenset()
    pause_seconds = 0.05

    def __init__(self, folder: Path) -> None:
        """Keep jobs in a folder."""
        self._folder = folder
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def submit(self, job: Job) -> Mapping[str, str]:
        """Start a process group, unless this job was started before."""
        assert isinstance(job.runtime, Host)
        folder = self._job(job.name)
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # An interpreter that is not there is told by it in the job's log.
        nice = ("nice", "-n", str(job.options.nice))
        with locked(folder.path / "lock"):
            if folder.log.exists():
                return {}
            arguments = folder.prepare(job)
            with folder.log.open("xb") as log:
                process = subprocess.Popen(
                    (*nice, job.runtime.python, *arguments),
                    cwd=folder.path,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # Ctrl-C in the launcher's terminal is not meant for the job.
                    start_new_session=True,
                )
        self._started[job.name] = process
        return {"process_group": str(process.pid)}

    def poll(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        """Read the state of each job from its folder."""
        # All that have ended are buried by it.
        codes = {name: each.poll() for name, each in list(self._started.items())}
        return {job.name: self._state(job.name, codes) for job in jobs}

    def cancel(self, jobs: Sequence[Handle], force: bool = False) -> None:
        """Send TERM to each command, or KILL to all that it has started."""
        for job in jobs:
            folder = self._job(job.name)
            with suppress(OSError):
                # There may be no room for it: the job is told all the same.
                folder.cancel()
            supervisor = folder.claimed.get("pid")
            if not supervisor or not folder.is_alive:
                continue
            told = descendants(supervisor) if force else [supervisor]
            for process in told:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL if force else signal.SIGTERM)

    def logs(self, job: Handle, limit: int) -> str:
        """Return the end of the job's output."""
        return self._job(job.name).logs(limit)

    def remove(self, job: Handle) -> None:
        """Delete the job's folder."""
        self._job(job.name).remove()
        self._started.pop(job.name, None)

    def _job(self, name: str) -> JobFolder:
        return JobFolder(self._folder / name)

    def _state(self, name: str, codes: Mapping[str, int | None]) -> JobState:
        return _state(self._job(name), codes.get(name))


def _state(folder: JobFolder, code: int | None) -> JobState:
    """Describe a job by its folder, and by the exit code that it was seen to have."""
    claimed = folder.claimed
    details = {"process_group": str(claimed["pid"])} if claimed else {}
    if folder.is_alive:
        return JobState(Phase.RUNNING, details=details)
    # Only now: a job that was alive a moment ago has written it since.
    noted = folder.record()
    if claimed and noted:
        return replace(noted, details=details)
    if claimed:
        reason = "the job was killed and left no exit code"
        return JobState(Phase.FAILED, reason=reason, details=details)
    if code is not None and not noted:
        # Its interpreter did not get so far as to run it, and has said why.
        ended = JobState.ended_with(code if code >= 0 else 128 - code)
        words = (ended.reason, *folder.logs(1000).splitlines()[-1:])
        return replace(ended, reason=": ".join(filter(None, words)))
    with suppress(FileNotFoundError):
        if time.time() - folder.log.stat().st_mtime < START_SECONDS:
            # Even if it is cancelled: it would seem to run again when it finds out.
            return JobState(Phase.PENDING, reason="it is being started")
    return noted or JobState(Phase.UNKNOWN, reason="there is no record of the job")
