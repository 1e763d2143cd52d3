"""Ctrl-C, and what a supervisor or a closing terminal sends, end a command in order."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def raise_on_signals() -> None:
    """From here on each of SIGNALS raises KeyboardInterrupt, so that cleaning up happens."""
    for signum in SIGNALS:
        if signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, _raise)


def _raise(signum: int, frame: FrameType | None) -> NoReturn:
    # A second Ctrl-C must not cut short the cleaning up that the first one started.
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    with suppress(OSError):
        os.write(sys.stderr.fileno(), b"\nInterrupted: putting everything back ...\n")
    raise KeyboardInterrupt


@contextmanager
def held() -> Iterator[None]:
    """Inside, signals wait: for the moment in which stopping would leave something half-done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
