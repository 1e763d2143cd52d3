"""Lets containers end: those that are cancelled, and those whose time is over."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from .container import TIME_LABEL

CANCELLED, TIMED_OUT = "-cancelled", "-timed-out"
"""What follows the name of a job's container that was told to end."""

KILL_SECONDS = 30
"""How long a step whose time is over may take to end by itself."""

UNSTARTED = ("created", "configured", "initialized")
ENDED = ("exited", "stopped", "dead", "removing")
"""Docker's states of a container, and Podman's; in all others it runs."""


class Ending:
    """Tells containers to end. Nobody waits for it."""

    def __init__(self, inspect: Callable[[str], Mapping[str, Any]]) -> None:
        """Take what shows a container as `docker inspect` does."""
        self._inspect = inspect
        self._signals: dict[str, str] = {}
        self._timed_out: dict[str, float] = {}

    def keep_time(self, container: Any, now: Callable[[], float]) -> None:
        """Tell a container to end once its time is over, and kill it after a while.

        Args:
            container: One that runs.
            now: Returns the time by Docker's own clock, which may be another one than
                this machine's; asked only if there is a limit.
        """
        limit = int((container.attrs["Labels"] or {}).get(TIME_LABEL, 0))
        told = self._timed_out.get(container.id)
        if told:
            if time.monotonic() - told > KILL_SECONDS:
                self.tell(container, TIMED_OUT, force=True)
        # Another process may have noted it, and gone before it told.
        elif limit and (
            name_of(container)[1] == TIMED_OUT or self._is_over(container, limit, now())
        ):
            self.tell(container, TIMED_OUT)
            self._timed_out[container.id] = time.monotonic()

    def tell(self, container: Any, mark: str, force: bool = False) -> None:
        """Let a container end, and note by its name why.

        What has not been started never is, once it has lost its name.
        """
        from docker.errors import APIError, NotFound

        name, known = name_of(container)
        unmarked = None
        try:
            if not known:
                container.rename(name + mark)
        except APIError as error:
            # There may be no room for it: what runs is told all the same.
            unmarked = error
        try:
            container.kill("SIGKILL" if force else self._stop_signal(container))
        except NotFound:
            # Somebody else has deleted it.
            return
        except APIError:
            # Podman has no code of its own for what does not run.
            with suppress(NotFound):
                state = self._inspect(container.id)["State"]["Status"]
                if state in UNSTARTED and unmarked:
                    raise unmarked from None
                if state not in (*ENDED, *UNSTARTED):
                    raise

    def _is_over(self, container: Any, limit: int, now: float) -> bool:
        # It is looked at more closely only if it may be.
        if now - container.attrs["Created"] < limit:
            return False
        started = self._inspect(container.id)["State"]["StartedAt"]
        return now - seconds_of(started) >= limit

    def _stop_signal(self, container: Any) -> str:
        """Return the signal that lets a container end, as its image says."""
        image = container.attrs["ImageID"]
        if image not in self._signals:
            told = self._inspect(container.id)["Config"].get("StopSignal")
            self._signals[image] = told or "SIGTERM"
        return self._signals[image]


def name_of(container: Any) -> tuple[str, str]:
    """Return the name of a container's job, and the mark that follows it."""
    # One that is being deleted may have no name.
    name = (container.attrs["Names"] or [""])[0].lstrip("/")
    for mark in (CANCELLED, TIMED_OUT):
        if name.endswith(mark):
            return name.removesuffix(mark), mark
    return name, ""


def seconds_of(told: str) -> float:
    """Return the seconds since 1970 of a time as Docker writes it."""
    # Python before 3.11 takes neither Z nor nanoseconds.
    whole = re.sub(r"\.\d+", "", told).replace("Z", "+00:00")
    return datetime.fromisoformat(whole).timestamp()
