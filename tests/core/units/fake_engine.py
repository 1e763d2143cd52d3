"""An engine made of subprocesses: the smallest one that runs a step."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from zenml_acme._core.engine import Job, JobState, Phase
from zenml_acme.operator import AcmeStepOperator

from tests.core.units.fake_places import FakeHost, FakeImages, make_place


class FakeEngine:
    """Runs each job as a child of the test, and remembers what it was asked."""

    honours = frozenset({"cpus", "memory"})

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
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def submit(self, job: Job) -> None:
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

    def poll(self, names: Sequence[str]) -> Mapping[str, JobState]:
        """Look at the children."""
        if self.faults:
            raise self.faults.pop(0)
        if self.queued:
            self.queued -= 1
            return {name: JobState(Phase.PENDING) for name in names}
        return {
            name: replace(self._state(name), details={"number": f"number of {name}"})
            for name in names
        }

    def cancel(self, name: str) -> None:
        """Kill a child."""
        if not self._state(name).phase.ended:
            self.cancelled.add(name)
            self._processes[name].kill()
            self._processes[name].wait()

    def logs(self, name: str, lines: int) -> str:
        """Return what a child wrote."""
        written = (self.folder / name / "log").read_text()
        return "".join(written.splitlines(keepends=True)[-lines:])

    def remove(self, name: str) -> None:
        """Remember the wish: the tests look at the folder afterwards."""
        self.removed.add(name)

    def close(self) -> None:
        """Leave no child behind."""
        for name in self._processes:
            self.cancel(name)

    def _state(self, name: str) -> JobState:
        if name not in self._processes:
            return JobState(Phase.FAILED, reason="there is no record of the job")
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
