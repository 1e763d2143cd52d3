"""Running sop-new: in this process, or as a program of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sop_new.errors import Code
from sop_new.printing import Failure

REPOSITORY = Path(__file__).parents[2]
ANSWERS_FILE = ".copier-answers.yml"


@dataclass(frozen=True)
class Ran:
    """What a run left behind: its exit status and what it printed."""

    status: int
    stdout: str
    stderr: str


def failure(ran: Ran, code: Code) -> Failure:
    """The failure that a run with `--json` told of, which must be of this code."""
    told = Failure.model_validate_json(ran.stdout)
    assert (told.code, ran.status) == (code.label, code.status)
    assert told.message
    assert told.hint
    assert ran.stderr == ""
    return told


def program(python: str | Path = sys.executable) -> list[str]:
    """The command that starts the sop-new of an environment."""
    return [str(Path(python).with_name("sop-new"))]


def run(*command: str | Path, folder: Path, **variables: str) -> Ran:
    """Run a program without a terminal."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def succeed(*command: str | Path, folder: Path, **variables: str) -> str:
    """Run a program that must succeed; returns what it printed on stdout."""
    ran = run(*command, folder=folder, **variables)
    assert ran.status == 0, ran.stdout + ran.stderr
    return ran.stdout


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody, so that it can commit on any machine."""
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    return succeed("git", *who, *arguments, folder=folder)


def uv() -> str:
    """The program uv, which `make test` may have brought into the environment of the tests."""
    here = Path(sys.executable).parent
    found = shutil.which("uv", path=f"{here}{os.pathsep}{os.environ['PATH']}")
    assert found, "uv is missing: run the tests by `make test`"
    return found


def contents(folder: Path) -> Mapping[str, bytes]:
    """All files below a folder, by relative path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def without_source(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The same files without the line that says where the template came from."""
    lines = files[ANSWERS_FILE].splitlines(keepends=True)
    kept = b"".join(line for line in lines if not line.startswith(b"_src_path:"))
    return {**files, ANSWERS_FILE: kept}
