"""Asks the engine for all jobs at once, however many steps ask."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from ..engine import Handle, JobState, Phase
from .waiting import INTERRUPTS

NEVER = -math.inf

UNKNOWN = JobState(Phase.UNKNOWN, reason="the engine does not know the job")


class Poller:
    """Remembers the engine's last answer, and whose jobs it is asked for."""

    def __init__(
        self,
        poll: Callable[[Sequence[Handle]], Mapping[str, JobState]],
        pause: Callable[[], float],
    ) -> None:
        """Ask by this function, with at least such a pause in between, in seconds."""
        self._poll = poll
        self._pause = pause
        self._lock = threading.Lock()
        self._jobs: dict[str, Handle] = {}
        self._asked_for: set[str] = set()
        self._answer: Mapping[str, JobState] = {}
        self._fault: Exception | None = None
        self._asked = NEVER

    def watch(self, job: Handle) -> None:
        """Ask for a job from now on, until it has ended."""
        self._jobs[job.name] = job

    def states(
        self, jobs: Sequence[Handle], max_age: float, patience: float = -1
    ) -> Mapping[str, JobState]:
        """Return the states of jobs, by their names.

        Args:
            jobs: The jobs.
            max_age: How old an answer may be, in seconds.
            patience: For how many seconds others may ask; -1 is for as long as they do.

        Raises:
            Exception: What the engine raised when it could not be asked.
        """
        # Before the lock, so that who holds it asks for these, too.
        for job in jobs:
            self.watch(job)
        if not self._lock.acquire(timeout=patience):
            # Who asks may be what a signal has interrupted, and waits for this answer.
            return _complete(self._poll(jobs), jobs)
        try:
            age = time.monotonic() - self._asked
            if age > max_age or not self._asked_for.issuperset(j.name for j in jobs):
                time.sleep(max(0.0, self._pause() - age))
                # Again: the last answer may have ended them.
                self._jobs.update({job.name: job for job in jobs})
                self._ask()
            if self._fault:
                raise self._fault
            return _complete(self._answer, jobs)
        finally:
            self._lock.release()

    def _ask(self) -> None:
        # Until there is an answer: the question may be interrupted.
        self._asked, self._fault, self._asked_for = NEVER, None, set()
        jobs = dict(self._jobs)
        try:
            self._answer = self._poll([jobs[name] for name in sorted(jobs)])
        except INTERRUPTS:
            raise
        except Exception as fault:
            self._fault = fault
        else:
            # A job that has ended is asked for no more, unless somebody asks again.
            for name, state in self._answer.items():
                if state.phase.ended:
                    self._jobs.pop(name, None)
        # Last, since the answer may have taken its time.
        self._asked, self._asked_for = time.monotonic(), set(jobs)


def _complete(
    answer: Mapping[str, JobState], jobs: Sequence[Handle]
) -> Mapping[str, JobState]:
    return {job.name: answer.get(job.name, UNKNOWN) for job in jobs}
