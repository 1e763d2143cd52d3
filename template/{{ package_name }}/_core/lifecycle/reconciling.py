"""Tells how a step stands: what the engine says, and what the step told ZenML."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from zenml.client import Client
from zenml.enums import ExecutionStatus

from ..engine import JobState, Phase, job_name
from .masking import Mask

if TYPE_CHECKING:
    from zenml.config.step_configurations import StepConfiguration

logger = logging.getLogger(__name__)

LOG_LINES = 50
"""How much of a failed job's log goes into the error."""

PUBLISH_SECONDS = 10
"""How long after its job's end a step's result may take to reach ZenML."""


class Reconciler:
    """Reconciles the two, and says why where only the engine knows it."""

    def __init__(self, logs: Callable[[str, int], str], mask: Mask) -> None:
        """Take logs from this function, and hide secrets by this mask."""
        self._logs = logs
        self._mask = mask
        self._ended: dict[UUID, float] = {}
        """When jobs whose steps are still to publish their result were seen to end."""

    def status(
        self, step_run_id: UUID, config: StepConfiguration, state: JobState
    ) -> tuple[ExecutionStatus, str]:
        """Return the status of a step whose job is in this state.

        Returns:
            One of the statuses that ZenML's monitor of dynamic pipelines keeps watching
            (ZenML 0.98), and the reason if only the engine knows it.
        """
        if state.phase is Phase.PENDING:
            # PROVISIONING came with ZenML 0.85 only.
            return ExecutionStatus.INITIALIZING, ""
        if state.phase is Phase.RUNNING:
            return ExecutionStatus.RUNNING, ""

        # The step's own word counts, whatever became of its job afterwards.
        said = Client().get_run_step(step_run_id, hydrate=False).status
        if said == ExecutionStatus.COMPLETED:
            return ExecutionStatus.COMPLETED, ""
        if said.value in ("stopping", "stopped", "cancelling", "cancelled"):
            return ExecutionStatus.STOPPED, ""
        if said in (ExecutionStatus.FAILED, ExecutionStatus.RETRYING):
            logger.error("%s", self._explain(step_run_id, state.reason))
            return ExecutionStatus.FAILED, ""

        if state.phase is Phase.CANCELLED:
            return ExecutionStatus.STOPPED, ""
        if state.phase is Phase.FAILED:
            return ExecutionStatus.FAILED, self._explain(step_run_id, state.reason)
        if getattr(config, "command", None):
            # No ZenML runs in the job of a command step: its end is all there is.
            return ExecutionStatus.COMPLETED, ""
        ended = self._ended.setdefault(step_run_id, time.monotonic())
        if time.monotonic() - ended < PUBLISH_SECONDS:
            return ExecutionStatus.RUNNING, ""
        # COMPLETED would leave a static run hanging (ZenML 0.98).
        why = "the job ended with exit code 0, but the step has published no result"
        return ExecutionStatus.FAILED, self._explain(step_run_id, why)

    def _explain(self, step_run_id: UUID, reason: str) -> str:
        """Say why a job failed, with the end of its log and without secrets."""
        name = job_name(step_run_id)
        text = f"Step run {step_run_id} failed: {reason}."
        if not self._mask.knows(name):
            return f"{text} Its log may hold secrets, and is left with the engine."
        try:
            log = self._logs(name, LOG_LINES)
        except Exception as error:
            text += f" Its log cannot be had: {error}"
        else:
            text += f" The end of its log:\n{log.rstrip()}" if log.strip() else ""
        return self._mask(text)
