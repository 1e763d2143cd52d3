"""One run of the user's own OpenSSH, with the agent at its other end."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import IO, Any

from . import messages, starting
from .faults import ConnectionLostError, UnusableError, fault_of

OPTIONS = {
    # Nobody can answer a question here.
    "BatchMode": "yes",
    "ConnectTimeout": "15",
    "ServerAliveInterval": "15",
    "ServerAliveCountMax": "3",
    # What the user's configuration may ask for, and is not for this.
    "ClearAllForwardings": "yes",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "LogLevel": "ERROR",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
}
"""Options of ssh; all others are as the user's configuration says."""

START_SECONDS = 60
"""How long it may take until the agent answers: startup files may wait for ever."""

SHOWN_BYTES = 16 * 1024
"""How much is kept of what ssh says."""

logger = logging.getLogger(__name__)


@dataclass
class Request:
    """A call, and what comes of it."""

    call: str
    given: Mapping[str, Any]
    content: bytes = b""
    number: int = field(default_factory=itertools.count().__next__)
    _answers: SimpleQueue[tuple[Any, Exception | None]] = field(
        # No future: who is interrupted in its `result` may hold its lock, and the
        # handler then waits for the thread that waits for this lock.
        default_factory=SimpleQueue
    )

    def answer(self, value: Any = None, error: Exception | None = None) -> None:
        """Let who waits have this; what comes second is not heard."""
        self._answers.put((value, error))

    def wait(self) -> Any:
        """Wait for the answer.

        Raises:
            Exception: What it is instead.
        """
        value, error = self._answers.get()
        if error:
            raise error
        return value


class Connection:
    """One run of ssh, with the agent at its other end."""

    def __init__(self, host: str, python: str | None, first: bool) -> None:
        """Start ssh."""
        self._host = host
        self._first = first
        self._waiting: dict[int, Request] = {}
        self.is_lost = False
        self._is_overdue = False
        self._python = python
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the object
        options = [part for each in OPTIONS.items() for part in ("-o", "=".join(each))]
        try:
            self._ssh = subprocess.Popen(
                ["ssh", "-T", *options, "--", host, "exec bash -l"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                # Ctrl-C in the launcher's terminal is not meant for it.
                start_new_session=True,
            )
        except FileNotFoundError:
            raise UnusableError(
                f"There is no ssh on PATH to reach {host} with: install OpenSSH."
            ) from None

    def open(self, opening: Mapping[str, Any]) -> None:
        """Start the agent, and read its answers from now on.

        Raises:
            Exception: If that cannot be done.
        """
        patience = threading.Timer(START_SECONDS, self._give_up)
        patience.start()
        try:
            self._start()
            reader = threading.Thread(target=self._read, daemon=True)
            # Nothing that anybody may not see is sent before this is answered.
            hello, opened = Request("hello", {}), Request("open", opening)
            self.send(hello)
            reader.start()
            hello.wait()
            self.send(opened)
            opened.wait()
            self._first = False
        except BrokenPipeError:
            raise self._fault() from None
        except BaseException:
            self._end()
            raise
        finally:
            patience.cancel()

    def send(self, request: Request) -> None:
        """Write a request; who waits gets the answer, or why there is none."""
        self._waiting.setdefault(request.number, request)
        with suppress(OSError):
            messages.write(
                self._stdin,
                {"id": request.number, "call": request.call, **request.given},
                request.content,
            )
            if not self.is_lost:
                return
        # The reader may have told everybody before this one waited.
        self.is_lost = True
        self._tell_all(self._fault())

    def _start(self) -> None:
        self._stdin.write(starting.script(self._python))
        self._stdin.flush()
        mark = starting.MARK.encode()
        while line := self._stdout.readline():
            if not line.startswith(mark):
                # Of startup files.
                continue
            if line.split()[1:] == [b"send"]:
                agent = starting.archive()
                self._stdin.write(b"%d\n" % len(agent) + agent)
                self._stdin.flush()
            return
        raise BrokenPipeError

    def _read(self) -> None:
        with suppress(OSError, ValueError):
            while read := messages.read(self._stdout):
                message, _ = read
                if "log" in message:
                    logger.log(message["log"], "%s: %s", self._host, message["says"])
                elif request := self._waiting.pop(message["id"], None):
                    error = messages.error_of(message.get("error"))
                    request.answer(message.get("value"), error)
        self.is_lost = True
        self._tell_all(self._fault())

    def _tell_all(self, fault: Exception) -> None:
        while self._waiting:
            with suppress(KeyError):
                _, request = self._waiting.popitem()
                request.answer(error=fault)

    def _fault(self) -> Exception:
        """Tell why the connection is lost; ssh is not needed any more."""
        with suppress(subprocess.TimeoutExpired):
            self._ssh.wait(5)
        self._end()
        code = self._ssh.wait()
        said = os.pread(self._said.fileno(), SHOWN_BYTES, 0).decode(errors="replace")
        if self._is_overdue:
            return ConnectionLostError(
                f"{self._host} did not answer within {START_SECONDS} s."
            )
        return fault_of(self._host, code, said, self._first)

    def _give_up(self) -> None:
        self._is_overdue = True
        self._end()

    def _end(self) -> None:
        """End ssh, and what the user's configuration lets it start."""
        if self._ssh.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._ssh.pid, signal.SIGKILL)

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._ssh.stdin
        return self._ssh.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._ssh.stdout
        return self._ssh.stdout
