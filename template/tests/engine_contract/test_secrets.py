"""What a job's environment holds is seen by its command alone."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from . import facts
from .jobs import Runner, until
from .project import JobState, Phase

LOOK = """
import os, pathlib, sys, time
found = []
for command in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    try:
        found += [command] * (os.environb[b"SECRET"] in command.read_bytes())
    except OSError:
        pass
print("up", flush=True)
time.sleep(0.5)
sys.exit(f"{found}" if found else 0)
"""


@dataclass(frozen=True)
class Seen:
    """What was to be seen of a job.

    Attributes:
        secret: What its environment held.
        commands: What this process has started to submit it.
        logged: What this process has logged meanwhile.
        readable: Files with the secret, of those that others could read.
        shown: What the engine tells of the job.
        end: How it ended: badly, if it has found the secret in a command line.
        left: Files with the secret after its end.
    """

    secret: str
    commands: str
    logged: str
    readable: list[Path]
    shown: str
    end: JobState
    left: list[Path]


@pytest.fixture(scope="module")
def seen(runner: Runner) -> Seen:
    secret, readable = f"secret-{uuid4()}", set[Path]()
    logged, logger = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(logged), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    started.clear()
    try:
        job = runner.start("python", "-c", LOOK, environment={"SECRET": secret})
        commands = "\n".join(started)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)

    def is_up() -> bool:
        found = holders(runner.workdir, secret)
        readable.update(path for path in found if is_open(path, runner.workdir))
        return "up" in job.log()

    until(is_up)
    shown = facts.show(job.handle.name, job.handle.details)
    state, end = job.state(), job.end()
    return Seen(
        secret=secret,
        commands=commands,
        logged=logged.getvalue(),
        readable=[*readable],
        shown=f"{shown}\n{job.handle}\n{state} {state.details}\n{end} {end.details}",
        end=end,
        left=[*holders(runner.workdir, secret)],
    )


started: list[str] = []
"""The programs that this process has started."""


def note(event: str, arguments: Any) -> None:
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"):
        # After the program and its arguments comes the environment.
        started.append(repr(arguments[:2]))


sys.addaudithook(note)


def holders(folder: Path, secret: str) -> Iterator[Path]:
    """Yield the files that hold a secret."""
    for path in folder.rglob("*"):
        try:
            is_small = path.is_file() and path.stat().st_size < 2**20
            if is_small and secret.encode() in path.read_bytes():
                yield path
        except OSError:
            # It is gone by now.
            continue


def is_open(path: Path, folder: Path) -> bool:
    """Tell whether others may read a file, and enter the folders to it."""
    above = [each for each in path.parents if each.is_relative_to(folder)]
    try:
        enter = all(each.stat().st_mode & 0o011 for each in above)
        return enter and bool(path.stat().st_mode & 0o044)
    except FileNotFoundError:
        return False


def test_no_command_line_here_shows_it(seen: Seen) -> None:
    assert seen.secret not in seen.commands


def test_no_command_line_there_shows_it(seen: Seen) -> None:
    assert seen.end.phase is Phase.SUCCEEDED


def test_no_log_shows_it(seen: Seen) -> None:
    assert seen.secret not in seen.logged


def test_no_file_shows_it_to_others(seen: Seen) -> None:
    assert not seen.readable


def test_no_listing_and_no_definition_shows_it(seen: Seen) -> None:
    assert seen.secret not in seen.shown


def test_nothing_that_is_left_shows_it(seen: Seen) -> None:
    assert not seen.left
