"""The processes that run pipelines, and what came of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOOK_SECONDS = 0.05

FAREWELL_SECONDS = 3
"""How long a launcher that has nothing to do may take to end."""

END_SECONDS = 8
"""How long a launcher may take to end when it is interrupted."""


@dataclass(frozen=True)
class Played:
    """What came of a task of a launcher.

    Attributes:
        told: What the launcher wrote down; nothing if it did not come so far.
        said: What it printed.
        seconds: How long it took.
        ended: Whether it came to an end in this time.
    """

    told: dict[str, Any]
    said: str
    seconds: float
    ended: bool

    def __getattr__(self, name: str) -> Any:
        """Give what was written down."""
        return self.told.get(name)

    @property
    def status(self) -> str:
        """The run's status, or why there is none."""
        if self.ended:
            return str(self.run or "there is none")
        return f"no end within {self.seconds:.0f} s"

    def step(self, name: str = "") -> dict[str, Any]:
        """Return what is known of a step, or of the only one, if it ever ran."""
        steps = self.told.get("steps", [])
        found = [step for step in steps if name in ("", step["name"])]
        return dict(found[0]) if found else {}

    @property
    def error(self) -> str:
        """What it raised, or what a launcher said at last that died; shortened."""
        last = "" if self.told else self.said.strip().rpartition("\n")[2]
        return str(self.raised or last or "no error")[:300]


@dataclass
class Launcher:
    """A process that runs pipelines."""

    process: subprocess.Popen[str]
    folder: Path

    def ask_for(self, task: str) -> None:
        """Let it do something, after what it does already."""
        # It may have been asked for before.
        (self.folder / f"{task}.json").unlink(missing_ok=True)
        assert self.process.stdin
        with suppress(BrokenPipeError):
            print(task, file=self.process.stdin, flush=True)

    def answer(self, task: str, limit: float) -> Played:
        """Wait for what came of a task; a launcher that takes too long is ended."""
        started = time.monotonic()
        answer = self.folder / f"{task}.json"
        ended = wait_for(lambda: answer.exists() or not self.runs, limit)
        if not ended:
            self.end()
        told = json.loads(answer.read_bytes()) if answer.exists() else {}
        logs = (self.folder / name for name in ("log", f"{task}.log"))
        said = "".join(log.read_text("utf-8", "replace") for log in logs if log.exists())
        return Played(told, said, time.monotonic() - started, ended)

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def marks(self, task: str) -> Path | None:
        """Return where a pipeline's steps leave their marks, if it has begun."""
        told = self.folder / f"{task}.marks"
        return Path(told.read_text(encoding="utf-8")) if told.exists() else None

    def interrupt(self, number: signal.Signals, seconds: float = END_SECONDS) -> None:
        """Send it a signal, and wait for its end; kill it after that."""
        self.give_no_more()
        if number == signal.SIGINT:
            # As a terminal does, which sends it to all in the foreground.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        wait_for(lambda: not self.runs, seconds)
        self.process.kill()
        self.process.wait()

    def give_no_more(self) -> None:
        """Let it end when it has done what it does."""
        assert self.process.stdin
        with suppress(BrokenPipeError):
            self.process.stdin.close()

    def end(self) -> None:
        """Let it end, and interrupt it if it does not."""
        self.give_no_more()
        if not wait_for(lambda: not self.runs, FAREWELL_SECONDS):
            self.interrupt(signal.SIGINT)


def wait_for(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until something holds; returns whether it ever did."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True
