"""What an owner of a `blank` project could write: five methods, for processes of this machine."""

# mypy: ignore-errors

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

from .._core.engine import JobState, Phase
from .._core.environment.job_folder import JobFolder


class BlankEngine:
    honours = frozenset({"timeout"})
    needs = frozenset()
    pause_seconds = 0.05

    def __init__(self, options, workdir):
        self._jobs = workdir / "jobs"

    def submit(self, job):
        folder = self._folder(job)
        command = (sys.executable, *folder.prepare(job))
        with folder.log.open("ab") as log:
            subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        return {}

    def poll(self, jobs):
        return {job.name: self._state(self._folder(job)) for job in jobs}

    def _state(self, folder):
        if not folder.path.exists():
            return JobState(Phase.UNKNOWN)
        if not folder.claimed:
            return JobState(Phase.PENDING, reason="it is being started")
        if folder.is_alive:
            return JobState(Phase.RUNNING)
        return folder.record() or JobState(Phase.FAILED, reason="it was killed")

    def cancel(self, jobs, force=False):
        for folder in map(self._folder, jobs):
            folder.cancel()
            if folder.is_alive:
                with suppress(ProcessLookupError):
                    number = signal.SIGKILL if force else signal.SIGTERM
                    os.kill(folder.claimed["pid"], number)

    def logs(self, job, limit):
        return self._folder(job).logs(limit)

    def remove(self, job):
        self._folder(job).remove()

    def _folder(self, job):
        return JobFolder(self._jobs / job.name)
