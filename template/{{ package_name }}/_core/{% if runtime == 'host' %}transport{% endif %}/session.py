"""Asks the agent on another machine, over a connection that is kept.

One thread connects and writes, another one reads. Whoever calls puts a request into a
queue and waits: it may be the handler of a signal, which has interrupted another call.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from .connection import Connection, Request
from .faults import ConnectionLostError

RETRY_SECONDS = 2
"""The pause before another try to connect."""

logger = logging.getLogger(__name__)


_sessions: dict[str, Session] = {}


def session_with(host: str, opening: Mapping[str, Any], python: str | None) -> Session:
    """Return the session with a machine: of the same opening, one in a process.

    ZenML makes an operator anew whenever a stack is loaded.
    """
    key = json.dumps((host, opening, python), sort_keys=True)
    return _sessions.setdefault(key, Session(host, opening, python))


class Session:
    """The agent on another machine; there is a connection as soon as it is needed."""

    def __init__(
        self, host: str, opening: Mapping[str, Any], python: str | None = None
    ) -> None:
        """Take how ssh calls the machine, and what the agent is opened with.

        Args:
            host: A name of the user's own ssh configuration.
            opening: What the agent's engine is made of.
            python: An interpreter there to try first.
        """
        self.host = host
        self._opening = opening
        self._python = python
        self._requests: SimpleQueue[Request] = SimpleQueue()
        self._connection: Connection | None = None
        self._was_there = False
        self._process = 0
        self._starting = threading.Lock()

    def call(
        self, call: str, content: bytes = b"", patience: float = 0, **given: Any
    ) -> Any:
        """Let the agent do something, and return what it returns.

        Args:
            call: Its name, see `agent.py`.
            content: Bytes that go along.
            patience: For how many seconds a lost connection is opened again to ask for
                the same once more.
            given: Its arguments.

        Raises:
            ConnectionLostError: If the machine cannot be reached now.
            UnusableError: If it cannot be used as it is.
            Exception: What was raised there.
        """
        deadline = time.monotonic() + patience
        said = ""
        while True:
            request = Request(call, given, content)
            try:
                return self._wait_for(request)
            except ConnectionLostError as error:
                if time.monotonic() > deadline:
                    raise
                if str(error) != said:
                    said = str(error)
                    logger.warning("%s It is tried again.", error)
            time.sleep(RETRY_SECONDS)

    def _wait_for(self, request: Request) -> Any:
        self._run()
        self._requests.put(request)
        try:
            return request.wait()
        except BaseException as error:
            if not isinstance(error, Exception):
                # Who waited was interrupted.
                self._requests.put(Request("stop", {}, number=request.number))
            raise

    def _run(self) -> None:
        """Start the thread that connects and writes, in each process once."""
        if self._process == os.getpid():
            return
        with self._starting:
            if self._process != os.getpid():
                # What a fork has of the connection is its parent's.
                self._requests, self._connection = SimpleQueue(), None
                self._process = os.getpid()
                threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            request = self._requests.get()
            try:
                if request.call == "stop" and not self._connection:
                    continue
                self._connected().send(request)
            except Exception as error:
                request.answer(error=error)
                # They waited for the same connection.
                with suppress(Exception):
                    while not self._requests.empty():
                        self._requests.get_nowait().answer(error=error)

    def _connected(self) -> Connection:
        if not self._connection or self._connection.is_lost:
            self._connection = None
            connection = Connection(self.host, self._python, not self._was_there)
            connection.open(self._opening)
            self._connection, self._was_there = connection, True
        return self._connection
