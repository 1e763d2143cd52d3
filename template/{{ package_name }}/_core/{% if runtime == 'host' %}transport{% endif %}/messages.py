"""What launcher and agent say to each other: a line of JSON, and bytes after it.

The line's `size` says how many bytes. All that is here runs on both sides.
"""

from __future__ import annotations

import builtins
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, cast

from ..engine import Handle, Host, Job, JobState, Phase
from ..environment.packages.build import Packages
from ..resources import Resources

Message = dict[str, Any]


def write(file: IO[bytes], message: Mapping[str, Any], content: bytes = b"") -> None:
    """Write a message, with content if there is any."""
    line = json.dumps({**message, "size": len(content)})
    file.write(line.encode() + b"\n" + content)
    file.flush()


def read(file: IO[bytes]) -> tuple[Message, bytes] | None:
    """Read a message and its content; nothing at the end, or where it breaks off."""
    line = file.readline()
    if not line.endswith(b"\n"):
        return None
    message: Message = json.loads(line)
    size = message.pop("size")
    content = file.read(size)
    return (message, content) if len(content) == size else None


def told_job(job: Job, options: Mapping[str, Any]) -> Message:
    """Describe a job, with these options of the engine's own."""
    assert isinstance(job.runtime, Host)
    return {
        "name": job.name,
        "command": job.command,
        "environment": dict(job.environment),
        "resources": asdict(job.resources),
        "timeout_seconds": job.timeout_seconds,
        "options": options,
        "runtime": {
            "python": str(job.runtime.python),
            "source": str(job.runtime.source),
            "import_paths": job.runtime.import_paths,
        },
        "labels": dict(job.labels),
    }


def job_of(told: Message) -> Job:
    """Return the job that was described."""
    runtime = told["runtime"]
    return Job(
        **told
        | {
            "command": tuple(told["command"]),
            "resources": Resources(**told["resources"]),
            # The engine reads attributes, and pydantic is not there.
            "options": cast(Any, SimpleNamespace(**told["options"])),
            "runtime": Host(
                Path(runtime["python"]),
                Path(runtime["source"]),
                tuple(runtime["import_paths"]),
            ),
        }
    )


def told_handle(job: Handle) -> Message:
    """Describe what a job is found by."""
    return {"name": job.name, "details": dict(job.details)}


def told_state(state: JobState) -> Message:
    """Describe the state of a job."""
    return {
        "phase": state.phase.value,
        "exit_code": state.exit_code,
        "reason": state.reason,
        "details": dict(state.details),
        "start": state.start,
    }


def state_of(told: Message) -> JobState:
    """Return the state that was described."""
    return JobState(**told | {"phase": Phase(told["phase"])})


def packages_of(told: Message) -> Packages:
    """Return the packages that were described by `asdict`."""
    lists = ("requirements", "constraints", "options", "preferred", "wheelhouse")
    return Packages(**told | {name: tuple(told[name]) for name in lists})


def told_error(error: BaseException) -> Message:
    """Describe what was raised."""
    return {"kind": type(error).__name__, "message": str(error)}


def error_of(told: Message | None) -> Exception | None:
    """Return what was raised: of the same kind if that is one of Python's own."""
    if not told:
        return None
    kind = getattr(builtins, told["kind"], RuntimeError)
    if kind in (OSError, FileNotFoundError, PermissionError, KeyError):
        # They would show their words otherwise than they were.
        kind = RuntimeError
    try:
        return cast(Exception, kind(told["message"]))
    except TypeError:
        return RuntimeError(told["message"])
