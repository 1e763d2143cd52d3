"""What a launcher lets go wrong: an engine that does not answer, a store that is full."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from unittest import mock

from zenml.client import Client

CANNOT = "the contract lets nobody reach the engine"
INTERNET = (socket.AF_INET, socket.AF_INET6)
FAILING = ("/bin/sh", "-c", f"echo '{CANNOT}' >&2; exit 1")
"""What is run in the place of an engine's program."""


class Outage:
    """An engine that does not answer: each connection is refused, and each program fails."""

    def __init__(self, seconds: float = float("inf")) -> None:
        """Take how long it lasts, from the first question on."""
        self.seconds = seconds
        self.since: float | None = None
        self.met = 0

    def meets(self) -> bool:
        """Tell whether a question meets it."""
        now = time.monotonic()
        self.since = now if self.since is None else self.since
        if now - self.since > self.seconds:
            return False
        self.met += 1
        return True

    def refuse(self) -> None:
        """Fail, if a question meets it."""
        if self.meets():
            raise ConnectionRefusedError(errno.ECONNREFUSED, CANNOT)

    @contextlib.contextmanager
    def lasting(self) -> Iterator[Outage]:
        """Let it be."""
        with contextlib.ExitStack() as stack:
            for owner, name, patched in (
                (socket.socket, "connect", self._connecting),
                (socket.socket, "connect_ex", self._trying_to_connect),
                (socket.socket, "send", self._sending),
                (socket.socket, "sendall", self._sending),
                (ssl.SSLSocket, "send", self._sending),
                (ssl.SSLSocket, "sendall", self._sending),
                (subprocess.Popen, "__init__", self._starting),
            ):
                new = patched(getattr(owner, name))
                stack.enter_context(mock.patch.object(owner, name, new))
            stack.enter_context(
                mock.patch.object(socket, "getaddrinfo", self._connecting(socket.getaddrinfo))
            )
            yield self

    def _connecting(self, usual: Callable[..., object]) -> Callable[..., object]:
        def connect(*given: object, **named: object) -> object:
            self.refuse()
            return usual(*given, **named)

        return connect

    def _trying_to_connect(self, usual: Callable[..., object]) -> Callable[..., object]:
        def connect_ex(*given: object) -> object:
            return errno.ECONNREFUSED if self.meets() else usual(*given)

        return connect_ex

    def _sending(self, usual: Callable[..., object]) -> Callable[..., object]:
        def send(one: socket.socket, *given: object) -> object:
            # Others are how a process speaks with itself.
            if one.family in INTERNET:
                self.refuse()
            return usual(one, *given)

        return send

    def _starting(self, usual: Callable[..., None]) -> Callable[..., None]:
        def start(one: object, args: object, *given: object, **named: object) -> None:
            if self.meets():
                args = FAILING
                named |= {"shell": False, "executable": None}
            usual(one, args, *given, **named)

        return start


class FullStore:
    """ZenML's store, as long as it takes no metadata."""

    def __init__(self) -> None:
        """Count what it refused."""
        self.met = 0

    @contextlib.contextmanager
    def lasting(self) -> Iterator[FullStore]:
        """Let it be."""
        store = type(Client().zen_store)
        with mock.patch.object(store, "create_run_metadata", self._refuse):
            yield self

    def _refuse(self, *_: object, **__: object) -> None:
        self.met += 1
        raise RuntimeError("the contract lets nothing be noted down")
