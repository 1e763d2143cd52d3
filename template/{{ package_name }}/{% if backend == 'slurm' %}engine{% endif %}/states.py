"""Slurm's states of a job, and what they mean for its step.

Names and meanings are those of squeue's manual, section JOB STATE CODES (Slurm 22.05 to
25.05).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .._core.engine import JobState, Phase
from .._core.environment.job_folder import JobFolder

WAITING = (
    *("CONFIGURING", "PENDING", "POWER_UP_NODE", "REQUEUED", "REQUEUE_FED"),
    *("REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"),
)
"""It is to run, now or when somebody releases it."""

FAILED = {
    "BOOT_FAIL": "its node did not start",
    # A reason; the state is CANCELLED.
    "DependencyNeverSatisfied": "a job that it waits for did not end as it should",
    "DEADLINE": "the job could not end before its deadline",
    "FAILED": "the job failed",
    "LAUNCH_FAILED": "the job could not be started on its node",
    "NODE_FAIL": "its node failed",
    "OUT_OF_MEMORY": "the job ran out of memory",
    "PREEMPTED": "the job was preempted by another one",
    "RECONFIG_FAIL": "its node could not be configured",
    "REVOKED": "the job was taken over by another cluster",
    "TIMEOUT": "the job reached its time limit",
}
UNSTARTED = ("JobLaunchFailure", "RaisedSignal:53", "launch failed")
"""Reasons of jobs whose node could not even open their output."""


@dataclass(frozen=True)
class Listed:
    """A job, as Slurm lists it."""

    state: str
    number: str
    node: str = ""
    reason: str = ""
    exit_code: int = 0
    cluster: str = ""
    start: str = ""
    used: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        """Whether it never changes again."""
        return self.state in ("COMPLETED", "CANCELLED", *FAILED)

    @property
    def details(self) -> dict[str, str]:
        """What it is found by."""
        told = {"job_id": self.number, "node": self.node, "state": self.state}
        told["cluster"] = self.cluster
        return {name: value for name, value in told.items() if value} | {**self.used}


def state_of(known: Listed | None, folder: JobFolder) -> JobState:
    """Describe a job by what Slurm tells of it, if it does, and by its folder.

    A state that is not known here is taken for running, as COMPLETING, SUSPENDED,
    STOPPED and the like are: no job ends because Slurm learnt a new word.
    """
    if not known:
        number = folder.claimed.get("number")
        why = "Slurm does not know the job, and it left no exit code"
        told = folder.record() or JobState(Phase.UNKNOWN, reason=why)
        return replace(told, details={"job_id": number} if number else {})
    reason = "" if known.reason == "None" else known.reason
    if known.state in WAITING:
        start = float(known.start) if known.start.isdecimal() else None
        return JobState(Phase.PENDING, None, reason, known.details, start)
    if not known.has_ended:
        return JobState(Phase.RUNNING, details=known.details)
    if known.state == "COMPLETED":
        return JobState(Phase.SUCCEEDED, 0, details=known.details)
    words = FAILED.get(reason) or FAILED.get(known.state, "the job was cancelled")
    record = folder.record()
    exit_code = record.exit_code if record else known.exit_code or None
    is_cancelled = known.state == "CANCELLED" and reason not in FAILED
    if known.state == "FAILED":
        if record:
            words, is_cancelled = record.reason, record.phase is Phase.CANCELLED
        elif folder.claimed:
            words = "the job was killed and left no exit code"
        elif reason.startswith(UNSTARTED):
            words = "its node could not write its output: does it see the workdir?"
        elif exit_code:
            words = JobState.ended_with(exit_code).reason
    where = f" on {known.node}" if known.node else ""
    why = f", {reason}" if reason else ""
    return JobState(
        Phase.CANCELLED if is_cancelled else Phase.FAILED,
        exit_code,
        f"{words} ({known.state}{why}{where})",
        known.details,
    )
