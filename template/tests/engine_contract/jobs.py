"""Jobs that are run on the engine, and waiting for what is to become of them."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from .project import (
    Config,
    Engine,
    Handle,
    Host,
    Image,
    Job,
    JobState,
    Machine,
    Phase,
    Resources,
    Runtime,
    connect,
    empty_host,
    machine_of,
)

PATIENCE_SECONDS = 60
"""How long what is waited for may take."""

RETURN_SECONDS = 10
"""How long the engine may take to be told something, whatever becomes of it."""

SILENCE_SECONDS = 0.5
"""After that, a job is silent that wrote twenty times a second."""


def config() -> Config:
    """Return the options of the component."""
    return Config(**json.loads(os.environ.get("ENGINE_CONTRACT_CONFIG") or "{}"))


def until(condition: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until there is something, asking again and again, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"it did not happen in {seconds} s"
        time.sleep(0.05)
    return found


def within(seconds: float, call: Callable[[], Any]) -> Any:
    """Return what a call returns, and wait no longer for it than that."""
    told: list[Any] = []
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            told.append(call())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not told:
        pytest.fail(f"the engine did not return in {seconds} s")
    return told[0]


@dataclass
class Runner:
    """Runs jobs on an engine, and cleans up."""

    engine: Engine
    workdir: Path
    handles: list[Handle] = field(default_factory=list)
    asked: float = 0.0

    def job(
        self,
        *command: str,
        name: str = "",
        environment: dict[str, str] | None = None,
        timeout_seconds: int | None = None,
        resources: Resources | None = None,
        options: Any = None,
    ) -> Job:
        """Describe a job."""
        return Job(
            name=name or f"zenml-{uuid4()}",
            command=command,
            environment=environment or {},
            resources=resources or Resources(),
            timeout_seconds=timeout_seconds,
            options=options or config(),
            runtime=runtime(self.workdir),
            labels={"run": "a run", "step": "a step", "pipeline": "a pipeline"},
        )

    def submit(self, job: Job) -> Started:
        """Submit a job that is described already."""
        # For the clean-up, even if the answer gets lost.
        self.handles.append(Handle(job.name))
        submit = partial(self.engine.submit, job)
        details: Mapping[str, str] = within(PATIENCE_SECONDS, submit)
        return Started(self, Handle(job.name, details))

    def start(self, *command: str, **others: Any) -> Started:
        """Submit a job."""
        return self.submit(self.job(*command, **others))

    def states(self, handles: Sequence[Handle]) -> Mapping[str, JobState]:
        """Ask what has become of jobs, no more often than the engine wants."""
        pause = self.asked + self.engine.pause_seconds - time.monotonic()
        time.sleep(max(0.0, pause))
        states = self.engine.poll(handles)
        self.asked = time.monotonic()
        return states

    def phases(self, jobs: Sequence[Started]) -> set[Phase]:
        """Ask for the phases that jobs are in."""
        states = self.states([job.handle for job in jobs])
        return {state.phase for state in states.values()}

    def ends(self, jobs: Sequence[Started]) -> set[Phase]:
        """Wait for the ends of jobs."""
        until(lambda: all(phase.ended for phase in self.phases(jobs)))
        return self.phases(jobs)

    def close(self) -> None:
        """Leave nothing behind."""
        jobs, alive = [Started(self, each) for each in self.handles], Phase.RUNNING
        with suppress(Exception, pytest.fail.Exception):
            within(RETURN_SECONDS, lambda: self.engine.cancel(self.handles, force=True))
            until(lambda: not self.phases(jobs) & {alive, Phase.PENDING}, seconds=20)
        for handle in self.handles:
            with suppress(Exception):
                self.engine.remove(handle)


@dataclass(frozen=True)
class Started:
    """A job that was submitted."""

    runner: Runner
    handle: Handle

    def state(self) -> JobState:
        """Ask what has become of it."""
        return self.runner.states([self.handle])[self.handle.name]

    def log(self, limit: int = 2**16) -> str:
        """Ask for the end of what it wrote."""
        return self.runner.engine.logs(self.handle, limit)

    def wait_for(self, word: str) -> Started:
        """Wait until it has written a word."""
        until(lambda: word in self.log())
        return self

    def ends_as(self, phase: Phase) -> JobState:
        """Wait for its end, which has to be this one."""
        state = self.end()
        assert state.phase is phase, f"{state}, and it wrote:\n{self.log()}"
        return state

    def end(self) -> JobState:
        """Wait for its end."""
        state: JobState = until(self._end)
        return state

    def _end(self) -> JobState | None:
        state = self.state()
        return state if state.phase.ended else None

    def cancel(self, force: bool = False) -> None:
        """Tell it to end."""
        engine = self.runner.engine
        within(RETURN_SECONDS, lambda: engine.cancel([self.handle], force))

    def is_silent(self) -> bool:
        """Tell whether nothing of it is left that writes a word now and then."""
        before, deadline = self.log(), time.monotonic() + SILENCE_SECONDS
        while time.monotonic() < deadline:
            if self.log() != before:
                return False
            time.sleep(0.05)
        return True


@cache
def runtime(workdir: Path) -> Host | Image:
    """Return where jobs run."""
    if not issubclass(Runtime, Host):
        return Image(os.environ.get("ENGINE_CONTRACT_IMAGE") or "python:3-slim")
    return empty_host(machine(workdir), config())


def machine(workdir: Path, **changed: Any) -> Machine:
    """Return where the engine is asked, and keeps its files in a folder."""
    options = {"workdir": str(workdir), **changed}
    return machine_of(config().model_copy(update=options))


def connected(workdir: Path, **changed: Any) -> Engine:
    """Return the engine, as the component's options say."""
    return machine(workdir, **changed).engine(connect(config(), workdir))
