"""Runs each job in a container of Docker's.

A job is the container that bears its name. What the step operator did to it is told by
what follows the name, since labels cannot be changed later:

    NAME            started by `submit`
    NAME-cancelled  told to end by `cancel`
    NAME-timed-out  told to end when its time was over

Nothing else is remembered, so that any process that reaches Docker finds a job again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import cache, cached_property
from typing import Any
from uuid import uuid4

from .._core.engine import Handle, Image, Job, JobState, Phase
from .connection import (
    LOST,
    DockerError,
    UnansweredError,
    connect_to,
    in_words,
    is_taken,
    needs_of,
)
from .container import LABEL, SUBMISSION_LABEL, container
from .ending import (
    CANCELLED,
    ENDED,
    TIMED_OUT,
    UNSTARTED,
    Ending,
    name_of,
    seconds_of,
)
from .log import end_of_log

logger = logging.getLogger(__name__)

START_SECONDS = 180
"""How long after its creation a container may take to start."""

PATIENCE_SECONDS = 60
"""How long a container is looked for, or sent again, whose answer got lost."""

RETRY_SECONDS = 1


class DockerEngine:
    """Containers of Docker, or of what answers as Docker does."""

    honours = frozenset({"cpus", "gpus", "memory", "timeout"})
    pause_seconds = 0.1

    def __init__(self, host: str | None) -> None:
        """Take the API's address."""
        self._host = host
        self.needs = needs_of(host)
        self._ending = Ending(self._inspect)

    def submit(self, job: Job) -> Mapping[str, str]:
        """Start a container, unless there is one for this job.

        Raises:
            DockerError: If Docker cannot get the image, or refuses the container.
            InterruptedError: If the job was cancelled meanwhile.
        """
        submission, unanswered = uuid4().hex, 0.0
        while True:
            try:
                with self._in_words():
                    return self._details(self._started(job, submission))
            except UnansweredError:
                unanswered = unanswered or time.monotonic()
                if time.monotonic() - unanswered > PATIENCE_SECONDS:
                    raise
            # It may have been done all the same, and is looked for.
            time.sleep(RETRY_SECONDS)

    def poll(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        """List the containers of all jobs; look at those that have ended."""
        with self._in_words():
            found = self._find(jobs)
            # The clock of this machine may be another one.
            now = cache(lambda: seconds_of(self._docker.info()["SystemTime"]))
            return {job.name: self._described(found.get(job.name), now) for job in jobs}

    def cancel(self, jobs: Sequence[Handle], force: bool = False) -> None:
        """Send containers the signal that lets them end, or kill them."""
        from docker.errors import APIError

        faults = []
        with self._in_words():
            for found in self._find(jobs).values():
                try:
                    if found.status not in ENDED:
                        self._ending.tell(found, CANCELLED, force)
                except APIError as fault:
                    faults.append(fault)
            if faults:
                raise faults[0]

    def logs(self, job: Handle, limit: int) -> str:
        """Return the end of what the container wrote."""
        with self._in_words():
            found = self._find([job]).get(job.name)
            written = end_of_log(self._docker.api, found.id, limit) if found else b""
        return written.decode(errors="replace")

    def remove(self, job: Handle) -> None:
        """Delete the container, and kill it if it still runs."""
        with self._in_words():
            if found := self._find([job]).get(job.name):
                _delete(found)

    @cached_property
    def _docker(self) -> Any:
        return connect_to(self._host)

    @cached_property
    def _machine(self) -> Mapping[str, Any]:
        """What Docker tells of itself and the machine that it runs on."""
        told: Mapping[str, Any] = self._docker.info()
        return told

    def _in_words(self) -> AbstractContextManager[None]:
        return in_words(self._host)

    def _find(self, jobs: Sequence[Handle]) -> dict[str, Any]:
        """Return the containers of jobs, by the jobs' names, in one call for all."""
        by_id, by_name = {}, {}
        # With all that there is to know, each would be a call of its own.
        for found in self._docker.containers.list(
            all=True, sparse=True, filters={"label": LABEL}
        ):
            by_id[found.short_id] = found
            name, mark = name_of(found)
            # One that lost its name to a second one has been told to end.
            if mark or name not in by_name:
                by_name[name] = found
        known = {
            job.name: by_id.get(job.details.get("container", ""))
            or by_name.get(job.name)
            for job in jobs
        }
        return {name: found for name, found in known.items() if found}

    def _started(self, job: Job, submission: str) -> Any:
        """Return a job's container, which this submission starts if it has made it."""
        from docker.errors import APIError

        this = Handle(job.name)
        found = self._find([this]).get(job.name) or self._created(job, submission)
        labels = found.attrs["Labels"]
        if labels.get(SUBMISSION_LABEL) != submission or found.status not in UNSTARTED:
            return found
        try:
            # By its name, which it has lost if it was cancelled.
            self._docker.api.start(job.name)
        except APIError as error:
            if error.status_code in LOST:
                raise
            found = self._find([this]).get(job.name)
            if not found or name_of(found)[1]:
                raise _cancelled() from None
            _delete(found)
            raise
        return found

    def _created(self, job: Job, submission: str) -> Any:
        """Create a container; return that of somebody who was faster, if there is one.

        The name is what is claimed.
        """
        from docker.errors import APIError

        assert isinstance(job.runtime, Image)
        self._fetch(job.runtime, job.options.pull_policy)
        security = self._machine["SecurityOptions"]
        request = container(job, job.runtime, submission, security)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            created = None
            try:
                created = self._docker.containers.create(name=job.name, **request)
            except APIError as error:
                if not is_taken(error) or time.monotonic() > deadline:
                    raise
            found = self._find([Handle(job.name)]).get(job.name)
            if created and (not found or found.id != created.id):
                # Of two that had the name, one has lost it to `cancel`.
                _delete(created)
                raise _cancelled()
            if found:
                return found
            # A name is taken some moments before its container can be seen.
            time.sleep(0.1)

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
        logger.info("Docker pulls %s.", image.reference)
        # The SDK's own way drops what goes wrong once the pull has begun.
        for told in self._docker.api.pull(
            image.reference, auth_config=login, stream=True, decode=True
        ):
            if fault := told.get("error"):
                raise DockerError(f"Docker cannot pull {image.reference}: {fault}")

    def _details(self, found: Any) -> dict[str, str]:
        return {"container": found.short_id, "host": self._machine["Name"]}

    def _described(self, found: Any, now: Callable[[], float]) -> JobState:
        if not found:
            return JobState(Phase.UNKNOWN, reason="Docker does not know the job")
        details = self._details(found) | {"state": found.status}
        return replace(self._state(found, now), details=details)

    def _state(self, found: Any, now: Callable[[], float]) -> JobState:
        from docker.errors import APIError, NotFound

        _, mark = name_of(found)
        if found.status not in (*ENDED, *UNSTARTED):
            with suppress(APIError):
                # What fails is done by the next question.
                self._ending.keep_time(found, now)
            return JobState(Phase.RUNNING)
        if mark == CANCELLED:
            return JobState(Phase.CANCELLED, reason="the job was cancelled")
        if mark == TIMED_OUT:
            reason = "the job reached its timeout_seconds"
            return JobState(Phase.FAILED, reason=reason)
        if found.status in UNSTARTED:
            if now() - found.attrs["Created"] < START_SECONDS:
                reason = "its container is created, and not started yet"
                return JobState(Phase.PENDING, reason=reason)
            return JobState(Phase.FAILED, reason="its container was never started")
        try:
            # A list tells no exit codes.
            return _ended(self._inspect(found.id)["State"])
        except NotFound:
            return JobState(Phase.UNKNOWN, reason="Docker has deleted its container")

    def _inspect(self, container: str) -> Mapping[str, Any]:
        told: Mapping[str, Any] = self._docker.api.inspect_container(container)
        return told


def _delete(found: Any) -> None:
    from docker.errors import APIError

    try:
        found.remove(v=True, force=True)
    except APIError as error:
        # Somebody else deletes it, or has.
        if error.status_code not in (404, 409):
            raise


def _cancelled() -> InterruptedError:
    return InterruptedError("The job was cancelled before it ran.")


def _ended(state: Mapping[str, Any]) -> JobState:
    """Describe a container that has ended, by what `docker inspect` calls its state."""
    code = int(state["ExitCode"])
    if code and state.get("OOMKilled"):
        reason = "the job ran out of memory (OOMKilled)"
        return JobState(Phase.FAILED, code, reason)
    return JobState.ended_with(code)
