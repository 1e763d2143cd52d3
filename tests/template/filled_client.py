"""What an owner of a `blank` project could write: the five methods, for an engine of files."""

# mypy: ignore-errors

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress

from .._core.engine import Image, Job, JobState, Phase  # noqa: F401


class BlankEngine:
    honours = frozenset()

    def __init__(self, options, workdir):
        self._jobs = workdir / "jobs"

    def submit(self, job):
        home = self._jobs / job.name
        home.mkdir(parents=True)
        script = 'echo $$ > ../pid; "$@"; echo $? > ../code.draft; mv ../code.draft ../code'
        (home / "run").mkdir()
        with (home / "log").open("wb") as log:
            subprocess.Popen(
                ("sh", "-c", script, "sh", *job.command),
                cwd=home / "run",
                env={"PATH": os.environ["PATH"], **job.environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def poll(self, names):
        return {name: self._state(self._jobs / name) for name in names}

    def _state(self, home):
        if not home.exists():
            return JobState(Phase.FAILED, reason="there is no such job")
        if not (home / "code").exists():
            return JobState(Phase.RUNNING)
        code = int((home / "code").read_text())
        return JobState(Phase.FAILED if code else Phase.SUCCEEDED, code, f"exit code {code}")

    def cancel(self, name):
        with suppress(ProcessLookupError, FileNotFoundError):
            os.killpg(int((self._jobs / name / "pid").read_text()), signal.SIGKILL)

    def logs(self, name, lines):
        return "\n".join((self._jobs / name / "log").read_text().splitlines()[-lines:])

    def remove(self, name):
        shutil.rmtree(self._jobs / name, ignore_errors=True)
