"""Runs each job on Acme's queue, by its HTTP API.

A job is the queue's job of the same name, and a folder of that name that the queue's
machines see (`_core/environment/job_folder.py`). Nothing is remembered here, so that
any process that has a token finds it again.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from .._core.engine import Handle, Job, JobState, Phase
from .._core.environment.job_folder import JobFolder

REQUEST_SECONDS = 20
"""How long the queue may take to answer."""

PATIENCE_SECONDS = 60
"""How long it may fail to take or to forget a job, for reasons that pass."""

PHASES = {
    "queued": Phase.PENDING,
    "running": Phase.RUNNING,
    "cancelled": Phase.CANCELLED,
    "failed": Phase.FAILED,
}
"""The queue's states but for `done`, whose exit code tells what it means."""


class QueueError(ConnectionError):
    """The queue cannot be asked, or it refuses."""

    def __init__(self, message: str, status: int | None = None) -> None:
        """Say what is wrong, with the status of HTTP if the queue has answered."""
        super().__init__(message)
        self.status = status

    @property
    def may_pass(self) -> bool:
        """Whether the same question may have an answer later."""
        return self.status is None or self.status == 429 or self.status >= 500


class UnknownJobError(QueueError):
    """The queue knows no such job."""


class _NoRedirects(HTTPRedirectHandler):
    """Follows none: urllib would hand the token on to wherever it is sent."""

    def redirect_request(self, *args: Any) -> None:
        """Take it for an error."""


class QueueEngine:
    """Jobs of Acme's queue."""

    # What the queue cannot give, it refuses.
    honours = frozenset({"cpus", "gpus", "memory", "timeout"})
    needs: frozenset[str] = frozenset()
    pause_seconds = 0.5

    def __init__(self, url: str, token: str, folder: Path) -> None:
        """Remember where the queue is, and the folder that its machines see."""
        self._url = url.rstrip("/")
        self._token = token
        self._folder = folder
        self._opener = build_opener(_NoRedirects)

    def submit(self, job: Job) -> Mapping[str, str]:
        """Hand a job over; the queue takes the same name once.

        What it runs reads command and environment from the job's folder: of the secrets
        among them, the queue learns nothing.

        Raises:
            QueueError: If the queue refuses it, or cannot be asked for a while.
        """
        folder = self._job(job.name)
        if not folder.claimed:
            try:
                self._hand_over(job, folder.prepare(job))
            except BaseException:
                # Even if the answer got lost: without it, the job ends at once.
                folder.remove_envelopes()
                raise
        return self._details(job.name)

    def _hand_over(self, job: Job, arguments: Sequence[str]) -> None:
        request = self._request("PUT", f"/{job.name}")
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(
            {
                "command": [sys.executable, *arguments],
                "cpus": job.resources.cpus,
                "gpus": job.resources.gpus,
                "memory_mib": job.resources.memory,
                "labels": dict(job.labels),
            }
        ).encode()
        self._insist(request)

    def poll(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        """Ask the queue for all jobs at once.

        Raises:
            QueueError: If it cannot be asked.
        """
        names = [job.name for job in jobs]
        known = self._ask(self._request("GET", name=names))["jobs"]
        return {name: self._state(name, known.get(name)) for name in names}

    def cancel(self, jobs: Sequence[Handle], force: bool = False) -> None:
        """Let the queue tell jobs to end, or kill them.

        Raises:
            QueueError: If the queue cannot be asked now.
        """
        for job in jobs:
            with suppress(OSError):
                # There may be no room for it: the queue is told all the same.
                self._job(job.name).cancel()
        names = [job.name for job in jobs]
        self._ask(self._request("POST", "/cancel", name=names, force=int(force)))

    def logs(self, job: Handle, limit: int) -> str:
        """Return the last bytes of the job's output."""
        request = self._request("GET", f"/{job.name}/log", bytes=limit)
        try:
            return str(self._ask(request)["log"])
        except UnknownJobError:
            return ""

    def remove(self, job: Handle) -> None:
        """Let the queue forget a job, and delete its folder."""
        with suppress(UnknownJobError):
            self._insist(self._request("DELETE", f"/{job.name}"))
        self._job(job.name).remove()

    def _job(self, name: str) -> JobFolder:
        return JobFolder(self._folder / name)

    def _details(self, name: str) -> Mapping[str, str]:
        return {"address": f"{self._url}/jobs/{name}"}

    def _state(self, name: str, known: Mapping[str, Any] | None) -> JobState:
        folder = self._job(name)
        if not known:
            # It may have forgotten a job that has noted its end.
            unknown = JobState(Phase.UNKNOWN, reason="the queue does not know the job")
            return folder.record() or unknown
        if known["state"] == "done":
            # An exit code does not tell what made a command end.
            state = folder.record() or JobState.ended_with(known["exit_code"])
        else:
            # One that is not known here is taken for running: no job ends because the
            # queue learnt a new word.
            phase = PHASES.get(known["state"], Phase.RUNNING)
            state = JobState(phase, known["exit_code"], known["reason"])
        if state.phase.ended:
            # It may have been cancelled before it began.
            folder.remove_envelopes()
        return replace(state, details=self._details(name))

    def _request(self, method: str, path: str = "", **query: object) -> Request:
        if not self._url:
            raise QueueError("No queue is known: set the option url, or ACMEQ_URL.")
        # Python shows a header that HTTP does not allow in the error it raises.
        if not re.fullmatch("[!-~]+", self._token):
            raise QueueError(
                "The queue's token is missing, or has blanks or other characters that "
                "no token has: set the option token, or ACMEQ_TOKEN."
            )
        return Request(
            f"{self._url}/jobs{path}?{urlencode(query, doseq=True)}",
            method=method,
            headers={"Authorization": f"Bearer {self._token}"},
        )

    def _insist(self, request: Request) -> Any:
        """Ask until there is an answer; each of these questions can be asked twice."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._ask(request)
            except QueueError as error:
                if not error.may_pass or time.monotonic() > deadline:
                    raise
            time.sleep(1)

    def _ask(self, request: Request) -> Any:
        """Return the queue's answer.

        Errors are raised without what they come from: it holds the token and the
        environment, and ZenML's tracebacks show variables where it is to log all.
        """
        try:
            with self._opener.open(request, timeout=REQUEST_SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            kind = UnknownJobError if error.code == 404 else QueueError
            said = f"The queue refuses: {_reason(error)} (HTTP {error.code})"
            raise kind(said, error.code) from None
        except (OSError, HTTPException) as error:
            said = f"{self._url} does not answer: {error}"
            raise QueueError(said) from None
        except ValueError:
            said = f"{self._url} answers, but not as the queue does"
            raise QueueError(said) from None


def _reason(error: HTTPError) -> str:
    """Return the queue's own words; HTTP's, if something before it has answered."""
    try:
        return str(json.load(error)["reason"])
    except (OSError, HTTPException, ValueError, LookupError, TypeError):
        return error.reason
