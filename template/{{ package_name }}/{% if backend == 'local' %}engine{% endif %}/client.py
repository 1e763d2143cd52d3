"""Runs each job as a process group of its own, detached from whoever started it.

A job is a folder of the job's name, private to the user:

    labels.json  run, step and pipeline; written first, it claims the name
    lock         held by the job's processes: free once they are gone
    group        the id of the process group
    output.log   what the job wrote
    exit_code    written when the job ended by itself
    timed_out    written when its time was over
    cancelled    written when somebody cancelled it

Nothing else is remembered, so that any process of the user finds a job again.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from .._core.engine import Job, JobState, Phase

# The first shell only names the group and leaves, so that the job is no child of the
# launcher. The second one stays to note how the job ended; by renaming, since a reader
# must see all of it or nothing. Whatever the job left running in its group then goes,
# and the second shell with it.
SUPERVISOR = """
limit=$1 grace=$2
shift 2
echo $$ > group.draft && mv group.draft group
(
    trap : TERM
    [ "$limit" = 0 ] || (
        trap : TERM
        sleep "$limit" && : > timed_out && kill -TERM 0 &&
            sleep "$grace" && kill -KILL 0
    ) &
    [ -e cancelled ] || "$@"
    echo $? > exit_code.draft && mv exit_code.draft exit_code
    kill -KILL 0
) &
"""

START_SECONDS = 5
"""How long a job that was claimed may take to hold its lock."""

KILL_SECONDS = 5
"""How long killed processes may take to be gone."""


class LocalEngine:
    """Process groups on this machine."""

    # A process group has no limits of its own.
    honours: frozenset[str] = frozenset()

    def __init__(self, folder: Path, grace_seconds: float) -> None:
        """Keep jobs in a folder, with so many seconds between TERM and KILL."""
        self._folder = folder
        self._grace_seconds = grace_seconds

    def submit(self, job: Job) -> None:
        """Start a process group, unless this job was started before."""
        home = self._folder / job.name
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with (home / "labels.json").open("x") as labels:
                json.dump(dict(job.labels), labels)
        except FileExistsError:
            return
        limit = job.options.timeout_seconds or 0
        nice = ("nice", "-n", str(job.options.nice)) if job.options.nice else ()
        with (home / "lock").open("w") as lock, (home / "output.log").open("wb") as log:
            fcntl.flock(lock, fcntl.LOCK_EX)
            subprocess.run(
                (
                    *("/bin/sh", "-c", SUPERVISOR, job.name),
                    *(str(limit), str(self._grace_seconds)),
                    *nice,
                    *job.command,
                ),
                cwd=home,
                env=_inherited() | dict(job.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # The lock belongs to all who have it open, and is free when the last
                # of them is gone.
                pass_fds=(lock.fileno(),),
                # Ctrl-C in the launcher's terminal is not meant for the job.
                start_new_session=True,
                # The first shell may be killed with the group of a job that was quick.
                check=False,
            )
        if not (home / "group").exists():
            raise RuntimeError(f"The job could not be started in {home}.")

    def poll(self, names: Sequence[str]) -> Mapping[str, JobState]:
        """Read the state of each job from its folder."""
        homes = {name: self._folder / name for name in names}
        return {
            name: replace(_state(home), details=_details(home))
            for name, home in homes.items()
        }

    def cancel(self, name: str) -> None:
        """Ask the group to end, then kill what is left of it."""
        home = self._folder / name
        if _state(home).phase.ended:
            return
        (home / "cancelled").touch()
        try:
            group = int((home / "group").read_text())
        except FileNotFoundError:
            # It has not begun, and will find that it is cancelled.
            return
        _signal(group, signal.SIGTERM)
        _wait_until_gone(home, self._grace_seconds)
        _signal(group, signal.SIGKILL)
        _wait_until_gone(home, KILL_SECONDS)

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


def _inherited() -> dict[str, str]:
    """Return the launcher's environment without its ZenML: a step gets its own."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ZENML_")
    }


def _state(home: Path) -> JobState:
    if not (home / "labels.json").exists():
        return JobState(Phase.FAILED, reason="there is no record of the job")
    if _is_locked(home):
        return JobState(Phase.RUNNING)
    if (home / "cancelled").exists():
        return JobState(Phase.CANCELLED, reason="the job was cancelled")
    # Only now: a job that was alive a moment ago has written these since.
    if (home / "timed_out").exists():
        return JobState(Phase.FAILED, reason="the job reached its timeout_seconds")
    code = _exit_code(home)
    if code is not None:
        return JobState.ended_with(code)
    if not (home / "group").exists() and _age(home / "labels.json") < START_SECONDS:
        return JobState(Phase.PENDING)
    return JobState(Phase.FAILED, reason="the job was killed and left no exit code")


def _details(home: Path) -> dict[str, str]:
    try:
        return {"process_group": (home / "group").read_text().strip()}
    except FileNotFoundError:
        return {}


def _exit_code(home: Path) -> int | None:
    try:
        return int((home / "exit_code").read_text())
    except FileNotFoundError:
        return None


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _is_locked(home: Path) -> bool:
    try:
        with (home / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _signal(group: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, sign)


def _wait_until_gone(home: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while _is_locked(home) and time.monotonic() < deadline:
        time.sleep(0.02)
