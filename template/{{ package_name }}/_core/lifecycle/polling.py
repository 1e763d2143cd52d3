"""Asks the engine for all jobs at once, however many steps ask."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from ..engine import JobState
from .waiting import INTERRUPTS

NEVER = -math.inf


class Poller:
    """Remembers the engine's last answer, and whose jobs it is asked for."""

    def __init__(self, poll: Callable[[Sequence[str]], Mapping[str, JobState]]) -> None:
        """Ask by this function."""
        self._poll = poll
        self._lock = threading.Lock()
        self._names: set[str] = set()
        self._answer: Mapping[str, JobState] = {}
        self._fault: Exception | None = None
        self._asked = NEVER

    def state(self, name: str, max_age: float) -> JobState:
        """Return the state of a job.

        Args:
            name: The job's name.
            max_age: How old an answer may be, in seconds.

        Raises:
            Exception: What the engine raised when it could not be asked.
        """
        with self._lock:
            known = name in self._names
            self._names.add(name)
            if not known or time.monotonic() - self._asked > max_age:
                self._ask()
            if self._fault:
                raise self._fault
            return self._answer[name]

    def _ask(self) -> None:
        # Until there is an answer: the question may be interrupted.
        self._asked, self._fault = NEVER, None
        try:
            self._answer = self._poll(sorted(self._names))
        except INTERRUPTS:
            raise
        except Exception as fault:
            self._fault = fault
        else:
            # A job that has ended is asked for no more, unless somebody asks again.
            ended = {name for name, state in self._answer.items() if state.phase.ended}
            self._names -= ended
        # Last, since the answer may have taken its time.
        self._asked = time.monotonic()
