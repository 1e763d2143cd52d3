"""Tells how a step stands: what the engine says, and what the step told ZenML."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from zenml.client import Client
from zenml.enums import ExecutionStatus

from ..engine import JobState, Phase, job_name
from .jobs import Jobs
from .waiting import Status

if TYPE_CHECKING:
    from zenml.config.step_configurations import StepConfiguration

logger = logging.getLogger(__name__)

LOG_LINES = 50
"""How much of a failed job's log goes into the error."""

PUBLISH_SECONDS = 10
"""How long after its job's end a step's result may take to reach ZenML."""


START_SECONDS = 3600
"""By how much a job's expected start has to move to be told again: it often creeps."""


@dataclass
class Sight:
    """As what a job is seen, and since when."""

    phase: Phase
    since: float
    reason: str = ""
    start: float | None = None

    @property
    def seconds(self) -> float:
        """How long it has been seen so."""
        return time.monotonic() - self.since


class Reconciler:
    """Reconciles the two, and says why where only the engine knows it."""

    def __init__(self, jobs: Jobs, lost_seconds: float) -> None:
        """Take how long the engine may not know a job before it counts as lost."""
        self._jobs = jobs
        self._lost_seconds = lost_seconds
        self._seen: dict[UUID, Sight] = {}
        self._told: set[UUID] = set()
        """Steps whose logs were shown."""

    def status(
        self,
        step_run_id: UUID,
        config: StepConfiguration,
        state: JobState,
        pending_limit: Callable[[], float | None],
    ) -> Status:
        """Return the status of a step whose job is in this state.

        Args:
            step_run_id: Id of the step run.
            config: Its configuration.
            state: What the engine says.
            pending_limit: Tells how long its job may be pending, in seconds.

        Returns:
            One of the statuses that ZenML's monitor of dynamic pipelines keeps watching
            (ZenML 0.98), and the reason if only the engine knows it.

        Raises:
            Exception: If the engine cannot be told to end a job that is given up.
        """
        sight = self._look(step_run_id, state)
        if state.phase is Phase.PENDING:
            return self._pending(step_run_id, sight, pending_limit)
        if state.phase is Phase.RUNNING:
            return ExecutionStatus.RUNNING, ""
        if told := self.told_by_step(step_run_id, state.reason):
            return told

        if state.phase is Phase.UNKNOWN:
            return self._lost(step_run_id, sight)
        if state.phase is Phase.CANCELLED:
            return ExecutionStatus.STOPPED, ""
        if state.phase is Phase.FAILED:
            return ExecutionStatus.FAILED, self._explain(step_run_id, state.reason)
        if getattr(config, "command", None):
            # No ZenML runs in the job of a command step: its end is all there is, and
            # the engine's log the only copy of its output.
            self._show_output(step_run_id)
            return ExecutionStatus.COMPLETED, ""
        if sight.seconds < PUBLISH_SECONDS:
            return ExecutionStatus.RUNNING, ""
        # COMPLETED would leave a static run hanging (ZenML 0.98).
        why = "the job ended with exit code 0, but the step has published no result"
        return ExecutionStatus.FAILED, self._explain(step_run_id, why)

    def told_by_step(self, step_run_id: UUID, reason: str) -> Status | None:
        """Return how a step ended by its own word: it counts, whatever its job does."""
        said = Client().get_run_step(step_run_id, hydrate=False).status
        if said == ExecutionStatus.COMPLETED:
            return ExecutionStatus.COMPLETED, ""
        if said.value in ("stopping", "stopped", "cancelling", "cancelled"):
            return ExecutionStatus.STOPPED, ""
        if said in (ExecutionStatus.FAILED, ExecutionStatus.RETRYING):
            if step_run_id not in self._told:
                self._told.add(step_run_id)
                logger.error("%s", self._explain(step_run_id, reason))
            return ExecutionStatus.FAILED, ""
        return None

    def _look(self, step_run_id: UUID, state: JobState) -> Sight:
        sight = self._seen.get(step_run_id)
        if not sight or sight.phase is not state.phase:
            sight = self._seen[step_run_id] = Sight(state.phase, time.monotonic())
        if state.phase is Phase.PENDING and _is_news(state, sight):
            sight.reason, sight.start = state.reason, state.start
            why = state.reason
            if state.start is not None:
                when = time.strftime("%Y-%m-%d %H:%M", time.localtime(state.start))
                why = f"{why or 'it waits'}; expected to start at {when}"
            logger.info("Step run %s is pending: %s", step_run_id, why)
        return sight

    def _pending(
        self, step_run_id: UUID, sight: Sight, pending_limit: Callable[[], float | None]
    ) -> Status:
        # No limit is shorter than that.
        limit = pending_limit() if sight.seconds > 1 else None
        if limit is None or sight.seconds <= limit:
            # PROVISIONING came with ZenML 0.85 only.
            return ExecutionStatus.INITIALIZING, ""
        self._jobs.tell([job_name(step_run_id)])
        why = f"the job did not start within pending_timeout_seconds={limit:g}"
        why += f" ({sight.reason})" if sight.reason else ""
        return ExecutionStatus.FAILED, self._explain(step_run_id, why)

    def _lost(self, step_run_id: UUID, sight: Sight) -> Status:
        name = job_name(step_run_id)
        if (
            sight.seconds < self._lost_seconds
            or self._jobs.state(name, max_age=0).phase is not Phase.UNKNOWN
        ):
            return ExecutionStatus.RUNNING, ""
        # It may come back: a controller that was restarted, a queue that was slow.
        self._jobs.tell([name])
        why = f"the engine has not known the job for {sight.seconds:.0f} s"
        return ExecutionStatus.FAILED, self._explain(step_run_id, why)

    def _show_output(self, step_run_id: UUID) -> None:
        if step_run_id not in self._told:
            self._told.add(step_run_id)
            log = self._jobs.log(job_name(step_run_id))
            logger.info("Step run %s wrote:\n%s", step_run_id, log or "(nothing)")

    def _explain(self, step_run_id: UUID, reason: str) -> str:
        """Say why a job failed, with the end of its log and without secrets."""
        log = self._jobs.log(job_name(step_run_id), LOG_LINES)
        said = self._jobs.mask(f"Step run {step_run_id} failed: {reason}.")
        return f"{said} The end of its log:\n{log}" if log else said


def _is_news(state: JobState, told: Sight) -> bool:
    """Tell whether somebody who waits wants to hear of it."""
    if state.reason != told.reason or state.start is None:
        return state.reason != told.reason
    return told.start is None or abs(state.start - told.start) >= START_SECONDS
