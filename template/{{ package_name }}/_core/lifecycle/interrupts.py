"""Sees to the jobs of this process when the process ends, or is told to.

Where a pipeline is static, `wait` sees the interrupt. A dynamic one submits its steps
from threads, which see none: ZenML would wait for their ends after Ctrl-C, and SIGTERM
would end the process without a word to them. And it ends with its last step's word,
before ZenML has looked again and cleaned up (ZenML 0.98, execution/pipeline/dynamic/
runner.py).
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Any

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The last one is what a process gets when its terminal is closed."""

CANCEL_SECONDS = 15
"""How long a handler waits for jobs to end."""

STORE = "zenml.zen_stores.sql_zen_store"
"""Where ZenML asks its database, if it has no server."""

Action = Callable[[], None]
End = Callable[[Sequence[str]], None]

_jobs: dict[str, End] = {}
"""The jobs in flight, each with what ends many of them at once."""

_ends: dict[str, Action] = {}
"""What is to be done for them at exit, also for those that were cancelled."""

# A fork of the launcher, such as a worker of a pool, has none: its end is not theirs.
os.register_at_fork(after_in_child=_jobs.clear)
os.register_at_fork(after_in_child=_ends.clear)

_previous: dict[int, Any] = {}
"""The handlers that were there before this module's."""

_heard_by: Any = None
"""ZenML's handler of the step during which the last signal came."""


def add(name: str, end: End, finish: Action) -> None:
    """Remember a job, before it is submitted.

    Raises:
        InterruptedError: If a signal came since ZenML has started this step. What its
            handler raises is lost where an exception is taken for a mishap, as in
            logging (ZenML 0.98, utils/logging_utils.py).
    """
    if _heard_by and _heard_by in map(signal.getsignal, SIGNALS):
        raise InterruptedError("The step was interrupted before it was submitted.")
    _jobs[name], _ends[name] = end, finish


def is_here(name: str) -> bool:
    """Tell whether a job is still in flight: a signal may have come meanwhile."""
    return name in _jobs


def discard(name: str) -> None:
    """Forget a job."""
    _jobs.pop(name, None)
    _ends.pop(name, None)


def watch_this_process() -> None:
    """Listen for signals and the exit; once.

    Python lets the main thread alone listen for signals. Where a step operator is first
    used in another one, SIGTERM and SIGHUP end the process and leave its jobs.
    """
    if _previous or threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        handler = signal.getsignal(number)
        # What a process was started to ignore, it goes on ignoring.
        if handler not in (signal.SIG_IGN, None):
            _previous[number] = signal.signal(number, _handle)
    atexit.register(_finish_all)


def _handle(number: int, frame: FrameType | None) -> None:
    global _heard_by
    previous, current = _previous[number], signal.getsignal(number)
    if current is _handle and _is_in_store(frame):
        # A question that is cut off keeps SQLite locked for as long as its exception is
        # handled. The monitor of a dynamic run gives up waiting for the lock, and the
        # launcher waits for the monitor's word (ZenML 0.98, dynamic/runner.py).
        threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
        return
    cancelled = _cancel_all()
    if str(getattr(current, "__module__", "")).startswith("zenml."):
        _heard_by = current
    if callable(previous):
        previous(number, frame)
    elif current is not _handle:
        # ZenML's own handler, which called this one, raises what is to be raised.
        return
    elif cancelled:
        # An exception lets ZenML publish how the run ended.
        raise SystemExit(128 + number)
    else:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _is_in_store(frame: FrameType | None) -> bool:
    """Tell whether code is run for a question to ZenML's database."""
    while frame is not None and frame.f_globals.get("__name__") != STORE:
        frame = frame.f_back
    return frame is not None


def _cancel_all() -> bool:
    together: dict[End, list[str]] = {}
    for name in list(_jobs):
        together.setdefault(_jobs.pop(name), []).append(name)
    if not together:
        return False
    count = sum(map(len, together.values()))
    logger.warning("Interrupted: cancelling %d job(s).", count)
    threads = [
        threading.Thread(target=_try, args=(", ".join(names), partial(end, names)))
        for end, names in together.items()
    ]
    for thread in threads:
        thread.start()
    # Not for ever: what the signal interrupted may hold a lock that a cancel needs, of
    # the engine's client or of an import. At its exit Python waits for all threads.
    deadline = time.monotonic() + CANCEL_SECONDS
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    return True


def _finish_all() -> None:
    for name, finish in list(_ends.items()):
        _try(name, finish)


def _try(name: str, action: Action) -> None:
    try:
        action()
    except Exception as error:
        logger.warning("Job %s may still be there: %s", name, error)
