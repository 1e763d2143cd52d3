"""Runs the engine on this machine for a launcher on another one.

It answers what it reads on standard input, each in a thread of its own, and ends with
it. What would leave a job in doubt is done to its end then; what is prepared for a step
nobody waits for any more is given up. It needs the standard library alone.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, cast

from .. import PACKAGE
from ..engine import Engine, Handle
from ..environment.workdir import locked, work_folder
from . import messages
from .machine import ThisMachine

TO_THE_END = {"build", "cancel", "submit"}
"""Calls that are waited for when the launcher is gone."""

IDLE_SECONDS = 900
"""After so long a silence the launcher is taken for gone: a connection that was cut
need not end on both sides."""


class Agent:
    """Answers a launcher."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Take what is read from and written to."""
        self._source = source
        self._sink = sink
        self._writing = threading.Lock()
        self._gone = threading.Event()
        self._stopped: set[int] = set()
        self._running = 0
        self._heard = time.monotonic()

    def serve(self) -> None:
        """Answer until there are no more messages."""
        threading.Thread(target=self._end_if_idle, daemon=True).start()
        while read := messages.read(self._source):
            self._heard = time.monotonic()
            message, content = read
            number, call = message.pop("id"), message.pop("call")
            if call == "stop":
                self._stopped.add(number)
                continue
            threading.Thread(
                target=self._answer,
                args=(number, call, message, content),
                daemon=call not in TO_THE_END,
            ).start()
        self._gone.set()

    def say(self, message: messages.Message) -> None:
        """Write a message."""
        # Nobody may listen any more.
        with self._writing, suppress(OSError):
            messages.write(self._sink, message)

    def _answer(
        self, number: int, call: str, given: messages.Message, content: bytes
    ) -> None:
        self._running += 1
        try:
            method: Callable[..., Any] = getattr(self, f"do_{call}")
            if call == "bring":
                given["content"] = content
            elif call == "build":
                given["wanted"] = lambda: not self._is_unwanted(number)
            answer: messages.Message = {"value": method(**given)}
        except BaseException as error:
            answer = {"error": messages.told_error(error)}
        self.say({"id": number, **answer})
        self._running -= 1

    def _is_unwanted(self, number: int) -> bool:
        return self._gone.is_set() or number in self._stopped

    def _end_if_idle(self) -> None:
        while self._running or time.monotonic() - self._heard < IDLE_SECONDS:
            time.sleep(IDLE_SECONDS / 10)
        os._exit(0)

    def do_hello(self) -> str:
        """Tell which Python this is."""
        return platform.python_version()

    def do_open(self, workdir: str | None, options: messages.Message) -> None:
        """Be an engine with these options, whose files are in this folder."""
        from ... import engine

        self._folder = work_folder(workdir)
        self._machine = ThisMachine(self._folder)
        chosen = cast(Any, SimpleNamespace(**options))
        self._engine: Engine = engine.connect(chosen, self._folder)

    def do_interpreter(self, chosen: str | None) -> str:
        """Find an interpreter."""
        return str(self._machine.interpreter(chosen))

    def do_build(self, packages: messages.Message, wanted: Callable[[], bool]) -> str:
        """Build an environment, or find it."""
        described = messages.packages_of(packages)
        return str(self._machine.build(described, wanted))

    def do_platform(self) -> messages.Message:
        """Tell what wheels must be made for."""
        return dict(zip(("libc", "version"), platform.libc_ver(), strict=True)) | {
            "python": platform.python_version_tuple()[:2],
            "name": sysconfig.get_platform(),
        }

    def do_tidy(self, keep_days: int) -> None:
        """Remove what nobody has used for so long."""
        self._machine.tidy(keep_days)

    def do_bring(
        self, where: str, digest: str, whole: int, offset: int, content: bytes
    ) -> messages.Message:
        """Take a part of a file; tell where the file is, or from where on it lacks.

        Several may bring the same one at once, and who was cut off goes on later.
        """
        target = self._folder / where
        draft = target.with_name(f".draft-{digest}")
        with locked(draft) as file:
            if target.exists():
                # By its date, the janitor sees that it is used.
                for used in (target, target.parent):
                    os.utime(used)
                draft.unlink(missing_ok=True)
                return {"path": str(target)}
            size = os.fstat(file).st_size
            if offset == size:
                while content:
                    content = content[os.write(file, content) :]
                size = os.fstat(file).st_size
            if size < whole:
                return {"offset": size}
            if _digest_of(draft) != digest:
                os.ftruncate(file, 0)
                return {"offset": 0}
            draft.replace(target)
        return {"path": str(target)}

    def do_submit(self, job: messages.Message) -> messages.Message:
        """Submit a job."""
        return dict(self._engine.submit(messages.job_of(job)))

    def do_poll(self, jobs: list[messages.Message]) -> messages.Message:
        """Tell the states of jobs."""
        states = self._engine.poll([Handle(**job) for job in jobs])
        return {name: messages.told_state(state) for name, state in states.items()}

    def do_cancel(self, jobs: list[messages.Message], force: bool) -> None:
        """Tell the engine to end jobs."""
        self._engine.cancel([Handle(**job) for job in jobs], force)

    def do_logs(self, job: messages.Message, limit: int) -> str:
        """Return the end of what a job wrote."""
        return self._engine.logs(Handle(**job), limit)

    def do_remove(self, job: messages.Message) -> None:
        """Leave nothing of a job behind."""
        self._engine.remove(Handle(**job))


class Told(logging.Handler):
    """Lets the launcher log what is logged here."""

    def __init__(self, agent: Agent) -> None:
        """Take who tells it."""
        super().__init__()
        self._agent = agent

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it."""
        self._agent.say({"log": record.levelno, "says": record.getMessage()})


def main(source: BinaryIO, sink: BinaryIO) -> None:
    """Serve, on what were standard input and output."""
    own = os.fdopen(os.dup(sink.fileno()), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    # What a child prints must not come between messages, and who holds these open
    # would keep the connection from its end.
    for number in (1, 2):
        os.dup2(nowhere, number)
    agent = Agent(source, own)
    logger = logging.getLogger(PACKAGE.name)
    logger.setLevel(logging.INFO)
    logger.addHandler(Told(agent))
    agent.serve()
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115


def _digest_of(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(2**20):
            digest.update(block)
    return digest.hexdigest()
