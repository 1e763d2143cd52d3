"""Programs run in a session of their own, and ended with all that they started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Long enough for a pipeline to cancel its step and to say so.
GRACE_SECONDS = 15.0
LOOK_SECONDS = 0.2

ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+(?=@)")
# ZenML says why a step failed, then raises an exception that does not; and an exception says more
# than the program that reports it.
TELLING = (
    re.compile(r"Failed to run step "),
    re.compile(r"\s*[\w.]*(?:Error|Exception)(?::|$)"),
    re.compile(r"\s*error:", re.IGNORECASE),
)


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

    @property
    def error(self) -> str:
        """The line that most likely says why it failed."""
        for telling in TELLING:
            if found := [line for line in self.lines if telling.match(line)]:
                return found[-1].strip()
        return self.lines[-1] if self.lines else f"exit status {self.status}"


def run(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    folder: Path,
    look: Callable[[], object] = lambda: None,
    ask: signal.Signals = signal.SIGTERM,
) -> Finished:
    """Run a program to its end; if that is interrupted, it is ended first.

    Args:
        command: program and arguments.
        log: the file that takes its output.
        environment: all of its environment variables.
        folder: where it runs.
        look: called again and again while it runs.
        ask: the signal that asks it to end.

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
            while process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(LOOK_SECONDS)
                look()
        except BaseException:
            end(process, ask)
            raise
    return Finished(process.pid, process.returncode, tuple(_readable(log)))


def end(process: subprocess.Popen[bytes], ask: signal.Signals) -> None:
    """End a program and its process group: asked first, then killed."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, ask)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _readable(log: Path) -> list[str]:
    text = ESCAPES.sub("", log.read_text(encoding="utf-8", errors="replace"))
    return [line.rstrip() for line in CREDENTIALS.sub("***", text).splitlines() if line.strip()]
