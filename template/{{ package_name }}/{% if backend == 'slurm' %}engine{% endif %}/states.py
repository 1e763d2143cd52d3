"""Slurm's states of a job, and what they mean for its step.

Names and meanings are those of squeue's manual, section JOB STATE CODES (Slurm 22.05 to
25.05).
"""

from __future__ import annotations

from .._core.engine import JobState, Phase

WAITING = frozenset(
    {
        "CONFIGURING",
        "PENDING",
        "POWER_UP_NODE",
        "REQUEUED",
        "REQUEUE_FED",
        "REQUEUE_HOLD",
        "RESV_DEL_HOLD",
        "SPECIAL_EXIT",
    }
)
"""It is to run, now or when somebody releases it."""

CANCELLED = {
    "CANCELLED": "the job was cancelled",
}
FAILED = {
    "BOOT_FAIL": "its node did not start",
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


def is_final(state: str) -> bool:
    """Whether a job in this state of Slurm's never changes again."""
    return state == "COMPLETED" or state in FAILED or state in CANCELLED


def phase_of(state: str) -> Phase:
    """Translate a state of Slurm's.

    One that is not known here is taken for running, as COMPLETING, SUSPENDED, STOPPED
    and the like are: no job ends because Slurm learnt a new word.
    """
    if state in WAITING:
        return Phase.PENDING
    if state == "COMPLETED":
        return Phase.SUCCEEDED
    if state in CANCELLED:
        return Phase.CANCELLED
    if state in FAILED:
        return Phase.FAILED
    return Phase.RUNNING


def listed(state: str, reason: str, node: str, exit_code: int | None) -> JobState:
    """Describe a job that Slurm still knows."""
    phase = phase_of(state)
    if phase is Phase.SUCCEEDED:
        return JobState(phase, 0)
    if not phase.ended:
        return JobState(phase)
    words = FAILED.get(state) or CANCELLED[state]
    if state == "FAILED" and exit_code is not None:
        words = JobState.ended_with(exit_code).reason
    elif state == "FAILED" and reason.startswith(UNSTARTED):
        words = "its node could not write the job's output: does it see the workdir?"
    where = f" on {node}" if node else ""
    why = f", {reason}" if reason not in ("", "None") else ""
    return JobState(phase, exit_code, f"{words} ({state}{why}{where})")
