"""Waits for the end of a step."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable

from zenml.enums import ExecutionStatus
from zenml.exceptions import RunInterruptedException, RunStoppedException

from .masking import Mask

logger = logging.getLogger(__name__)

MISTAKES = (AssertionError, AttributeError, NameError, NotImplementedError, TypeError)
"""What the engine's own code raises when it is wrong: no waiting mends that."""

INTERRUPTS = (RunInterruptedException, RunStoppedException)
"""What ZenML's handler of signals raises, wherever the main thread happens to be."""

Status = tuple[ExecutionStatus, str]
"""A step's status, and why it is so where only the engine knows."""


class StepFailedError(RuntimeError):
    """A step's job ended without a result, and ZenML does not know why."""


class UnreachableError(RuntimeError):
    """The engine cannot be asked any more. Its jobs may be as well as ever."""


LEFT_ALONE = (StepFailedError, UnreachableError)
"""After these no job is told to end: it has, or nobody has seen that it is not well."""


def wait_for_end(
    ask: Callable[[], Status],
    ask_others: Callable[[], Status | None],
    patience: float,
    mask: Mask,
) -> ExecutionStatus:
    """Ask for a step's status until it has ended, and return the last one.

    ZenML's own `wait` looks after 1, 2, 4, 8, 16 seconds, so that a step of 4 seconds
    takes 15, and waits for ever for a job that died (ZenML 0.98, step_operators/
    base_step_operator.py).

    Args:
        ask: Returns the status; raises when the engine cannot be asked.
        ask_others: Returns how the step ended if anybody else knows.
        patience: For how long the engine may fail to answer, in seconds.
        mask: Hides secrets.

    Raises:
        StepFailedError: If the job ended and the step could not say why.
        UnreachableError: If the engine does not answer any more.
    """
    started = answered = time.monotonic()
    while True:
        now = time.monotonic()
        told: Status | None = None
        try:
            told = ask()
            answered = now
        except (*MISTAKES, *INTERRUPTS):
            raise
        except Exception as error:
            reason = mask(error)
            if now - answered > patience:
                told = ask_others()
                if not told:
                    raise UnreachableError(
                        f"The engine has not answered for {now - answered:.0f} s. The "
                        f"job is left as it is, and may still run: {reason}"
                    ) from None
            else:
                logger.warning("The engine cannot be asked, trying again: %s", reason)
        if told and told[0].is_finished:
            status, why = told
            if why:
                raise StepFailedError(why)
            return status
        # Often for a short step, rarely for a long one: its end is noticed within a
        # twentieth of its time. The jitter spreads steps that started together.
        pause = max(0.2, min(0.05 * (now - started), 60))
        time.sleep(pause * random.uniform(0.8, 1))
