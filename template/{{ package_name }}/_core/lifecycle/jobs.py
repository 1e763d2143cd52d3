"""The jobs of a step operator: all that is asked of its engine."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from ..engine import Engine, Handle, Job, JobState, Phase
from .masking import Mask
from .polling import Poller
from .waiting import MISTAKES

logger = logging.getLogger(__name__)

LOG_BYTES = 64 * 1024
"""How much of a job's log is quoted at most."""

FORCE_SECONDS = 30
"""How long a job may take to be gone after it was forced to end."""

LOOK_SECONDS = 0.1
RETRY_SECONDS = 1


class Jobs:
    """What the engine is asked for, in one question for all, and without secrets."""

    def __init__(
        self, engine: Callable[[], Engine], mask: Mask, grace_seconds: float
    ) -> None:
        """Take the engine, and how long a job may take to end once it is told to."""
        self._connect = engine
        self.mask = mask
        self._grace_seconds = grace_seconds
        self._poller = Poller(self._poll, lambda: self._engine.pause_seconds)
        self._details: dict[str, dict[str, str]] = {}
        self._news: set[str] = set()
        """Jobs of which more is known than somebody has asked for."""

    def learn(self, name: str, details: Mapping[str, str]) -> None:
        """Remember what a job is found by."""
        known = self._details.setdefault(name, {})
        if not details.items() <= known.items():
            known.update(details)
            self._news.add(name)

    def details(self, name: str) -> Mapping[str, str]:
        """Return what a job is found by, as far as it is known."""
        return dict(self._details.get(name, {}))

    def news(self, name: str) -> Mapping[str, str]:
        """Return the same, if there is anything new in it; else nothing."""
        if name not in self._news:
            return {}
        self._news.discard(name)
        return self.details(name)

    def forget(self, name: str) -> None:
        """Forget a job."""
        self._details.pop(name, None)

    def submit(self, job: Job) -> None:
        """Start a job."""
        with self.mask.errors():
            self.learn(job.name, self._engine.submit(job))
        self._poller.watch(self._handle(job.name))

    def state(self, name: str, max_age: float) -> JobState:
        """Return a job's state, by an answer that is no older than that in seconds.

        Raises:
            Exception: What the engine raised when it could not be asked.
        """
        state = self._poller.states([self._handle(name)], max_age)[name]
        self.learn(name, state.details)
        return state

    def is_alive(self, name: str) -> bool:
        """Tell whether a job may still need what it has.

        Raises:
            Exception: What the engine raised when it could not be asked.
        """
        return self.state(name, LOOK_SECONDS).phase in (Phase.PENDING, Phase.RUNNING)

    def state_alone(self, name: str) -> JobState:
        """Ask for one job, which may have left a word where the others have not.

        Raises:
            Exception: What the engine raised when it could not be asked.
        """
        return self._poll([self._handle(name)])[name]

    def tell(self, names: Sequence[str], force: bool = False) -> None:
        """Tell the engine to end jobs; whether they do is another question.

        Raises:
            Exception: What the engine raised when it could not be told.
        """
        with self.mask.errors():
            self._engine.cancel([self._handle(name) for name in names], force)

    def end(self, names: Sequence[str], insist: bool = True) -> None:
        """Tell the engine to end jobs, and look until they have; then force them.

        Args:
            names: The jobs.
            insist: Whether an engine that cannot be told is told again.

        Raises:
            RuntimeError: If one does not end, or the engine cannot be told.
        """
        left, fault = list(names), None
        for force, seconds in ((False, self._grace_seconds), (True, FORCE_SECONDS)):
            deadline = time.monotonic() + seconds
            fault = self._tell(left, force, deadline if insist else 0)
            if fault and not insist:
                break
            unknown: set[str] = set()
            while left:
                states = self._look(left)
                phases = {name: state.phase for name, state in states.items()}
                missing = {n for n, phase in phases.items() if phase is Phase.UNKNOWN}
                # Twice: one answer in which a job is missing is not its end.
                gone = {n for n, phase in phases.items() if phase.ended}
                gone |= missing & unknown
                left, unknown = [n for n in left if n not in gone], missing
                if time.monotonic() > deadline:
                    break
                time.sleep(LOOK_SECONDS if left else 0)
        if left:
            why = f": {self.mask(fault)}" if fault else ", though told to end."
            raise RuntimeError(f"{', '.join(left)} may still run{why}")

    def log(self, name: str, lines: int | None = None) -> str:
        """Return the end of what a job wrote, without secrets; or why not."""
        if not self.mask.knows(name):
            return "(It may hold secrets, and is left with the engine.)"
        try:
            written = self._engine.logs(self._handle(name), LOG_BYTES)
        except Exception as error:
            return f"(It cannot be had: {self.mask(error)})"
        is_cut = len(written.encode()) >= LOG_BYTES
        text = self.mask(written, is_cut=is_cut)
        found = [_counted(line, same) for line, same in groupby(text.splitlines())]
        return "\n".join(found[-lines:] if lines else found).strip()

    def remove(self, name: str) -> None:
        """Leave nothing of a job behind."""
        self._engine.remove(self._handle(name))

    @property
    def _engine(self) -> Engine:
        return self._connect()

    def _handle(self, name: str) -> Handle:
        return Handle(name, self.details(name))

    def _poll(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        with self.mask.errors():
            return self._engine.poll(jobs)

    def _tell(
        self, names: Sequence[str], force: bool, deadline: float
    ) -> Exception | None:
        """Tell the engine until it listens; return why it did not."""
        while names:
            try:
                self.tell(names, force)
                return None
            except MISTAKES:
                raise
            except Exception as error:
                if time.monotonic() > deadline:
                    return error
            time.sleep(RETRY_SECONDS)
        return None

    def _look(self, names: Sequence[str]) -> Mapping[str, JobState]:
        """Return the jobs' states; nothing if the engine cannot be asked."""
        jobs = [self._handle(name) for name in names]
        try:
            return self._poller.states(jobs, LOOK_SECONDS, patience=1)
        except MISTAKES:
            raise
        except Exception:
            return {}


def _counted(line: str, same: Iterable[str]) -> str:
    times = len([*same])
    return line if times == 1 else f"{line}  [{times} times]"
