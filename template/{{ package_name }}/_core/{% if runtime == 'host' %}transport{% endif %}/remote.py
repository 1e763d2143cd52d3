"""The same engine on another machine, and what steps need there."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..engine import Engine, Handle, Job, JobState
from ..environment.packages.build import Packages
from . import messages
from .carrying import carried_packages
from .session import Session, session_with
from .wheelhouse import fetched_wheels, has_no_index, lines_for

PATIENCE_SECONDS = 300
"""How long a machine may not answer before a step is prepared or submitted."""

PART = 2**20
"""How many bytes of a file are sent at a time: questions go in between."""

PROGRESS_SECONDS = 5
"""The pause between two words on how far a file is."""

logger = logging.getLogger(__name__)


class RemoteEngine:
    """An engine on the machine of a session."""

    def __init__(self, engine: Engine, session: Session) -> None:
        """Take the same engine as it is here, for what it says of itself."""
        self.honours = engine.honours
        self.needs = engine.needs | {"remote store"}
        self.pause_seconds = engine.pause_seconds
        self._session = session

    def submit(self, job: Job) -> Mapping[str, str]:
        """Submit a job there; where the answer gets lost, submit it once more.

        Raises:
            ConnectionLostError: If the machine cannot be reached for long.
        """
        told = messages.told_job(job, step_options(job.options))
        details: Mapping[str, str] = self._session.call(
            "submit", patience=PATIENCE_SECONDS, job=told
        )
        return details

    def poll(self, jobs: Sequence[Handle]) -> Mapping[str, JobState]:
        """Ask for the states of jobs."""
        told = self._session.call(
            "poll", jobs=[messages.told_handle(job) for job in jobs]
        )
        return {name: messages.state_of(state) for name, state in told.items()}

    def cancel(self, jobs: Sequence[Handle], force: bool = False) -> None:
        """Let the engine end jobs."""
        handles = [messages.told_handle(job) for job in jobs]
        self._session.call("cancel", jobs=handles, force=force)

    def logs(self, job: Handle, limit: int) -> str:
        """Return the end of what a job wrote."""
        return str(
            self._session.call("logs", job=messages.told_handle(job), limit=limit)
        )

    def remove(self, job: Handle) -> None:
        """Leave nothing of a job behind."""
        self._session.call("remove", job=messages.told_handle(job))


class RemoteMachine:
    """The machine of a session."""

    is_remote = True

    def __init__(self, session: Session, folder: Path) -> None:
        """Take the session, and our folder here."""
        self._session = session
        self.folder = folder

    def engine(self, engine: Engine) -> Engine:
        """Return the same engine there."""
        return RemoteEngine(engine, self._session)

    def interpreter(self, chosen: str | None) -> Path:
        """Return the interpreter that was chosen, as it is called there."""
        return Path(self._call("interpreter", chosen=chosen))

    def build(self, packages: Packages) -> Path:
        """Build an environment there; of what is fetched here, if nothing is there."""
        carried = carried_packages(packages, self.folder, self.bring)
        try:
            return Path(self._call("build", packages=asdict(carried)))
        except RuntimeError as error:
            if not has_no_index(str(error)):
                raise
            host = self._session.host
            logger.info("%s cannot get the step's packages: they are sent.", host)
            try:
                wheels = fetched_wheels(packages, self.folder, self._call("platform"))
            except RuntimeError as fault:
                why = f"{error}\nNor can its packages be sent: {fault}"
                raise RuntimeError(why) from None
            offline = replace(carried, wheelhouse=lines_for(map(self.bring, wheels)))
            return Path(self._call("build", packages=asdict(offline)))

    def bring(self, file: Path) -> Path:
        """Send a file, or what it lacks there."""
        where = file.relative_to(self.folder).as_posix()
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        offset, part, told_at = 0, b"", time.monotonic()
        while True:
            answer = self._call(
                "bring",
                part,
                where=where,
                digest=digest,
                whole=len(content),
                offset=offset,
            )
            if path := answer.get("path"):
                return Path(path)
            offset = answer["offset"]
            part = content[offset : offset + PART]
            if time.monotonic() - told_at > PROGRESS_SECONDS:
                told_at = time.monotonic()
                of = f"{offset / PART:.0f} of {len(content) / PART:.0f} MiB"
                logger.info("%s has %s of %s.", self._session.host, of, file.name)

    def tidy(self, keep_days: int) -> None:
        """Let it be tidied there."""
        self._call("tidy", keep_days=keep_days)

    def _call(self, call: str, content: bytes = b"", **given: Any) -> Any:
        return self._session.call(call, content, PATIENCE_SECONDS, **given)


def remote_machine(options: Any, folder: Path) -> RemoteMachine:
    """Return the machine that a component's options name.

    Args:
        options: The component's options, with those of the engine.
        folder: Our folder here.
    """
    opening = {"workdir": options.workdir, "options": component_options(options)}
    return RemoteMachine(
        session_with(options.ssh_host, opening, options.python), folder
    )


def step_options(options: Any) -> dict[str, Any]:
    """Return the engine's own options of a step as plain data.

    The settings they are part of hold the component's secrets, too.
    """
    from ...engine.options import StepOptions

    return _plain(options, StepOptions)


def component_options(config: Any) -> dict[str, Any]:
    """Return the engine's own options of a component as plain data."""
    from ...engine.options import ComponentOptions

    return _plain(config, ComponentOptions)


def _plain(holder: Any, kind: Any) -> dict[str, Any]:
    from pydantic_core import to_jsonable_python

    # One by one: that is how ZenML puts secrets in the place of references to them.
    values = {name: getattr(holder, name) for name in kind.model_fields}
    plain: dict[str, Any] = to_jsonable_python(values)
    return plain
