"""An engine made of subprocesses: the smallest one that runs a step."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from zenml_acme._core.engine import Handle, Job, JobState, Phase
from zenml_acme.operator import AcmeStepOperator

from tests.core.units.fake_places import FakeHost, FakeImages, make_place


class FakeEngine:
    """Runs each job as a child of the test, and remembers what it was asked."""

    honours = frozenset({"cpus", "memory", "timeout"})
    needs: frozenset[str] = frozenset()
    pause_seconds = 0.0

    def __init__(self, folder: Path, place: FakeHost | FakeImages) -> None:
        """Keep jobs in a folder, and run them in a place."""
        self.folder = folder
        self.place = place
        self.jobs: dict[str, Job] = {}
        self.cancelled: set[str] = set()
        self.removed: set[str] = set()
        self.faults: list[BaseException] = []
        """What the next polls raise."""
        self.queued = 0
        """How many of the next polls find jobs waiting."""
        self.forgotten = 0
        """How many of the next polls find no jobs."""
        self.deaf: list[BaseException] = []
        """What the next cancels raise."""
        self.stubborn = False
        """Whether jobs have to be forced to end."""
        self.told: list[tuple[list[str], bool]] = []
        """Which jobs were to be ended, and whether by force."""
        self.questions = 0
        self.at_first_question: Callable[[], object] = lambda: None
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def submit(self, job: Job) -> Mapping[str, str]:
        """Start a child."""
        home = self.folder / job.name
        home.mkdir()
        self.jobs[job.name] = job
        with (home / "log").open("wb") as log:
            self._processes[job.name] = subprocess.Popen(
                self.place.enter(job, home),
                cwd=home,
                env={"PATH": os.environ["PATH"], **job.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return {"number": f"number of {job.name}"}

    def poll(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        """Look at the children."""
        if not self.questions:
            self.at_first_question()
        self.questions += 1
        names = [job.name for job in jobs]
        if self.faults:
            raise self.faults.pop(0)
        if self.queued:
            self.queued -= 1
            return {name: JobState(Phase.PENDING, reason="Priority") for name in names}
        if self.forgotten:
            self.forgotten -= 1
            return {}
        return {name: self._described(name) for name in names}

    def cancel(self, jobs: Sequence[Handle], force: bool = False) -> None:
        """Kill children; a stubborn engine has to be forced."""
        self.told.append((sorted(job.name for job in jobs), force))
        if self.deaf:
            raise self.deaf.pop(0)
        self.queued = 0
        for job in jobs:
            if self._state(job.name).phase is Phase.RUNNING and (force or not self.stubborn):
                self.cancelled.add(job.name)
                self._processes[job.name].kill()

    def logs(self, job: Handle, limit: int) -> str:
        """Return what a child wrote."""
        written: bytes = (self.folder / job.name / "log").read_bytes()
        return written[-limit:].decode(errors="replace")

    def remove(self, job: Handle) -> None:
        """Remember the wish: the tests look at the folder afterwards."""
        self.removed.add(job.name)

    def close(self) -> None:
        """Leave no child behind."""
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _described(self, name: str) -> JobState:
        state = self._state(name)
        used = {"elapsed": "0:05:00", "memory_efficiency": "3.0%"} if state.phase.ended else {}
        return replace(state, details={"node": "n1", **used})

    def _state(self, name: str) -> JobState:
        if name not in self._processes:
            return JobState(Phase.UNKNOWN, reason="there is no record of the job")
        code = self._processes[name].poll()
        if code is None:
            return JobState(Phase.RUNNING)
        if name in self.cancelled:
            return JobState(Phase.CANCELLED, code, "the job was cancelled")
        if code == 0:
            return JobState(Phase.SUCCEEDED, code)
        return JobState(Phase.FAILED, code, f"the job ended with exit code {code}")


@contextmanager
def use_fake_engine(folder: Path) -> Iterator[FakeEngine]:
    """Let the step operator use such an engine, which leaves no child behind."""
    with pytest.MonkeyPatch.context() as patch:
        engine = FakeEngine(folder, make_place(patch))
        patch.setattr(AcmeStepOperator, "engine", engine)
        yield engine
    engine.close()
