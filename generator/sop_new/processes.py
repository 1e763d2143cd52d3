"""Programs run in a session of their own, and ended with all that they started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Long enough for a pipeline to cancel its step and to say so.
GRACE_SECONDS = 15.0

ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+(?=@)")


@dataclass(frozen=True)
class Finished:
    """A program that ended.

    Attributes:
        pid: the process id it had.
        status: its exit status; negative if a signal ended it.
        lines: what it printed on stdout and stderr, without colours and credentials in URLs.
    """

    pid: int
    status: int
    lines: tuple[str, ...]


def run(
    command: Sequence[str], *, log: Path, environment: Mapping[str, str], folder: Path
) -> Finished:
    """Run a program to its end; if that is interrupted, it is ended first.

    Args:
        command: program and arguments.
        log: the file that takes its output.
        environment: all of its environment variables.
        folder: where it runs.

    Raises:
        OSError: it can't be started.
    """
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait()
        except BaseException:
            end(process)
            raise
    return Finished(process.pid, status, tuple(_readable(log)))


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program and its process group: asked first, then killed."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _readable(log: Path) -> list[str]:
    text = ESCAPES.sub("", log.read_text(encoding="utf-8", errors="replace"))
    return [line.rstrip() for line in CREDENTIALS.sub("***", text).splitlines() if line.strip()]
