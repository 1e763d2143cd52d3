"""Grid Engine's states of a job, and what they mean for its step.

The letters are those of qstat's manual (8.1): d(eletion), E(rror), h(old), r(unning),
R(estarted), s(uspended), S(uspended by the queue), t(ransferring), T(hreshold) and
w(aiting).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .._core.engine import JobState, Phase
from .._core.environment.job_folder import JobFolder


@dataclass(frozen=True)
class Listed:
    """A job, as qstat lists it."""

    state: str
    number: str
    node: str = ""

    @property
    def is_broken(self) -> bool:
        """Whether it never runs, unless somebody clears its error."""
        return "E" in self.state

    @property
    def waits(self) -> bool:
        """Whether it is to run, now or when somebody releases it."""
        return "w" in self.state and not self.is_broken

    @property
    def details(self) -> dict[str, str]:
        """What it is found by."""
        told = {"job_id": self.number, "node": self.node}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True)
class Accounted:
    """A job that has ended, as qacct tells of it."""

    number: str
    node: str
    exit_code: int
    fault: str = ""


def state_of_listed(known: Listed, reason: str) -> JobState:
    """Describe a job by what Grid Engine tells of it.

    A state that is not known here is taken for running: no job ends because Grid Engine
    learnt a new letter.
    """
    if known.is_broken:
        why = f"the job cannot be started ({known.state}): {reason or 'no reason'}"
        return JobState(Phase.FAILED, reason=why, details=known.details)
    if known.waits:
        held = "it is held" if "h" in known.state else ""
        return JobState(Phase.PENDING, reason=reason or held, details=known.details)
    return JobState(Phase.RUNNING, details=known.details)


def state_of_unlisted(folder: JobFolder, told: Sequence[Accounted]) -> JobState:
    """Describe a job that Grid Engine lists no more: by its folder, or by accounting.

    Between the two there may be seconds in which neither knows how it ended.
    """
    claim = folder.claimed
    number = claim.get("number", "")
    details = {"job_id": number, "node": claim["host"]} if number else {}
    record = folder.record()
    ended = next((each for each in told if number in ("", each.number)), None)
    if ended:
        details = {"job_id": ended.number, "node": ended.node}
    if record:
        return replace(record, details=details)
    if not ended or not (number or ended.exit_code or ended.fault):
        why = "Grid Engine does not know the job, and it left no exit code"
        return JobState(Phase.UNKNOWN, reason=why, details=details)
    state = JobState.ended_with(ended.exit_code)
    if ended.fault:
        reason = f"{ended.fault} (on {ended.node})"
        state = JobState(Phase.FAILED, ended.exit_code or None, reason)
    return replace(state, details=details)
