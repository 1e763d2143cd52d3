"""Runs each job in a container of Docker's.

A job is the container that bears its name. What the step operator did to it is told by
what follows the name, since labels cannot be changed later:

    NAME            started by `submit`
    NAME-cancelled  ended by `cancel`
    NAME-timed-out  ended when its time was over

Nothing else is remembered, so that any process that reaches Docker finds a job again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

from .._core.engine import Image, Job, JobState, Phase
from .container import LABEL, TIME_LABEL, container

CANCELLED, TIMED_OUT = "-cancelled", "-timed-out"

ANSWER_SECONDS = 60
"""How long Docker may take to answer."""

START_SECONDS = 60
"""How long after its creation a container may take to start."""

UNSTARTED = ("created", "configured", "initialized")
ENDED = ("exited", "stopped", "dead", "removing")
"""Docker's states of a container, and Podman's; in all others it runs."""


class DockerError(RuntimeError):
    """Docker does not answer, or refuses what it is asked for."""


class DockerEngine:
    """Containers of Docker, or of what answers as Docker does."""

    honours = frozenset({"cpus", "gpus", "memory"})

    def __init__(self, host: str | None, grace_seconds: int) -> None:
        """Take the API's address, and the seconds between TERM and KILL."""
        self._host = host
        self._grace_seconds = grace_seconds

    def submit(self, job: Job) -> None:
        """Start a container, unless there is one for this job.

        Raises:
            DockerError: If Docker cannot get the image, or refuses the container.
            InterruptedError: If the job was cancelled meanwhile.
        """
        from docker.errors import APIError

        assert isinstance(job.runtime, Image)
        with self._in_words():
            if self._containers([job.name]):
                return
            self._fetch(job.runtime, job.options.pull_policy)
            rootless = "name=rootless" in self._machine["SecurityOptions"]
            request = container(job, job.runtime, rootless)
            created = self._claim(job.name, request)
            if not created:
                return
            try:
                # By its name, which it has lost if it was cancelled.
                self._docker.api.start(job.name)
            except APIError:
                found = self._containers([job.name]).get(job.name)
                if not found or f"/{job.name}" not in found.attrs["Names"]:
                    reason = "The job was cancelled before it ran."
                    raise InterruptedError(reason) from None
                created.remove(v=True, force=True)
                raise

    def _claim(self, name: str, request: Mapping[str, Any]) -> Any:
        """Create a container; nothing if somebody else was faster, who starts it."""
        from docker.errors import APIError

        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return self._docker.containers.create(name=name, **request)
            except APIError as error:
                taken = error.status_code == 409
                if taken and self._containers([name]):
                    return None
                # A name is taken some moments before its container can be seen.
                if not taken or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def poll(self, names: Sequence[str]) -> Mapping[str, JobState]:
        """List the containers of all jobs; look at those that have ended."""
        with self._in_words():
            found = self._containers(names)
            return {name: self._described(found.get(name)) for name in names}

    def cancel(self, name: str) -> None:
        """Ask a container to end; Docker kills it if it does not."""
        with self._in_words():
            found = self._containers([name]).get(name)
            if found and found.status not in ENDED:
                self._end(found, name + CANCELLED)

    def logs(self, name: str, lines: int) -> str:
        """Return the last lines that the container wrote."""
        with self._in_words():
            found = self._containers([name]).get(name)
            written = found.logs(tail=lines) if found else b""
        return str(written, errors="replace")

    def remove(self, name: str) -> None:
        """Delete the container; one that still runs is cancelled first."""
        from docker.errors import NotFound

        self.cancel(name)
        with self._in_words():
            try:
                if found := self._containers([name]).get(name):
                    found.remove(v=True, force=True)
            except NotFound:
                # Somebody else has deleted it.
                return

    @cached_property
    def _docker(self) -> Any:
        import docker

        address = {"base_url": self._host} if self._host else {}
        settings = docker.utils.kwargs_from_env() | address
        return docker.DockerClient(version="auto", timeout=ANSWER_SECONDS, **settings)

    @cached_property
    def _machine(self) -> Mapping[str, Any]:
        """What Docker tells of itself and the machine that it runs on."""
        told: Mapping[str, Any] = self._docker.info()
        return told

    def _containers(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the containers of jobs, by the jobs' names, in one call for all."""
        known = {}
        # With all that there is to know, each would be a call of its own.
        for found in self._docker.containers.list(
            all=True, sparse=True, filters={"label": LABEL}
        ):
            for name in found.attrs["Names"]:
                known[_job_of(name.lstrip("/"))] = found
        return {name: known[name] for name in names if name in known}

    def _fetch(self, image: Image, policy: str) -> None:
        """Pull an image, as the policy says."""
        from docker.errors import ImageNotFound

        if policy != "always":
            try:
                self._docker.images.get(image.reference)
            except ImageNotFound:
                if policy == "never":
                    raise
            else:
                return
        login = None
        if image.credentials:
            username, password = image.credentials
            login = {"username": username, "password": password}
        self._docker.images.pull(image.reference, auth_config=login)

    def _described(self, found: Any) -> JobState:
        state = self._state(found)
        if not found:
            return state
        details = {"container": found.short_id, "state": found.status}
        return replace(state, details=details | {"host": self._machine["Name"]})

    def _state(self, found: Any) -> JobState:
        from docker.errors import NotFound

        if not found:
            return JobState(Phase.FAILED, reason="Docker does not know the job")
        name, age = found.attrs["Names"][0], time.time() - found.attrs["Created"]
        if name.endswith(CANCELLED) and found.status in (*ENDED, *UNSTARTED):
            return JobState(Phase.CANCELLED, reason="the job was cancelled")
        if found.status in UNSTARTED and age < START_SECONDS:
            return JobState(Phase.PENDING)
        limit = found.attrs["Labels"].get(TIME_LABEL)
        if found.status not in (*ENDED, *UNSTARTED):
            if not limit or age < int(limit):
                return JobState(Phase.RUNNING)
            self._end(found, _job_of(name.lstrip("/")) + TIMED_OUT)
            name += TIMED_OUT
        if name.endswith(TIMED_OUT):
            reason = "the job reached its timeout_seconds"
            return JobState(Phase.FAILED, reason=reason)
        try:
            # A list tells no exit codes.
            found.reload()
        except NotFound:
            return self._state(None)
        return _ended(found.attrs["State"])

    def _end(self, found: Any, name: str) -> None:
        """Let a container end, and remember by its name why."""
        from docker.errors import NotFound

        try:
            if f"/{name}" not in found.attrs["Names"]:
                found.rename(name)
            found.stop(timeout=self._grace_seconds)
        except NotFound:
            # Somebody else has deleted it.
            return

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Turn the SDK's exceptions into ones that tell what to do."""
        from docker.errors import APIError, DockerException
        from requests import RequestException

        try:
            yield
        except APIError as error:
            said = error.explanation or error
            raise DockerError(f"Docker refuses: {said}") from error
        except (DockerException, RequestException) as error:
            address = self._host or os.environ.get("DOCKER_HOST") or "its own socket"
            raise DockerError(
                f"Docker does not answer at {address} ({_origin(error)}): install and "
                "start it, or name another address by DOCKER_HOST."
            ) from error


def _origin(error: BaseException) -> BaseException:
    """Return what the system refused, such as a permission, if that was the cause."""
    first = error
    while first.__context__:
        first = first.__context__
    return first if isinstance(first, OSError) else error


def _job_of(name: str) -> str:
    """Return the name of the job that a container of this name stands for."""
    return name.removesuffix(CANCELLED).removesuffix(TIMED_OUT)


def _ended(state: Mapping[str, Any]) -> JobState:
    """Describe a container that has ended, by what `docker inspect` calls its state."""
    code = int(state["ExitCode"])
    if state["Status"] in UNSTARTED:
        return JobState(Phase.FAILED, reason="its container was never started")
    if code and state.get("OOMKilled"):
        reason = "the job ran out of memory (OOMKilled)"
        return JobState(Phase.FAILED, code, reason)
    return JobState.ended_with(code)
