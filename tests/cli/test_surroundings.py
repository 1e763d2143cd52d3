"""Whatever sop-new finds around it, there is no traceback, and the exit status is right."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest
from sop_new.errors import Code

from tests.cli.sop_new_runs import Ran, program, run

DONE = 0

NOBODY = """
import pwd
def getpwuid(uid):
    raise KeyError(uid)
pwd.getpwuid = getpwuid
"""
"""Python's start in an account that is in no list."""

INTERRUPT = "import os, signal; os.kill(os.getpid(), signal.SIGINT)\n"

HEEDING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Starts a program that hears of interrupts, also where the tests run in the background."""


def by_shell(folder: Path, command: str, redirected: str) -> Ran:
    """Run sop-new as a shell does that redirects its streams."""
    line = f"set -o pipefail; {shlex.join(program())} {command} {redirected}"
    ran = run("bash", "-c", line, folder=folder)
    assert "Traceback" not in ran.stderr
    assert "Exception" not in ran.stderr
    return ran


COMMANDS = ["--help", "backends --json", "zenml-acme --defaults"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("redirected", "why"), [(">/dev/full", "No space"), (">&-", "Bad file")])
def test_what_cannot_be_told_is_an_error(
    here: Path, command: str, redirected: str, why: str
) -> None:
    ran = by_shell(here, command, redirected)

    assert ran.status == Code.OUTPUT_FAILED.status
    assert f"Standard output can't be written: {why}" in ran.stderr


@pytest.mark.parametrize("redirected", [">/dev/full", ">&-"])
@pytest.mark.parametrize("command", ["x -d no", "x -d no --json"])
def test_an_error_that_cannot_be_told_keeps_its_status(
    here: Path, command: str, redirected: str
) -> None:
    assert by_shell(here, command, redirected).status == Code.USAGE.status


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("redirected", ["| true", "| head -1", "2>/dev/full", "2>&- <&-"])
def test_a_reader_that_has_seen_enough_is_no_error(
    here: Path, command: str, redirected: str
) -> None:
    ran = by_shell(here, command, redirected)

    assert ran.status == DONE
    assert not ran.stderr or "2>" not in redirected


@pytest.mark.parametrize("redirected", ["2>/dev/full", "2>&-", "2>&- >&- <&-"])
def test_errors_go_nowhere_if_there_is_nowhere(here: Path, redirected: str) -> None:
    assert by_shell(here, "x -d no", redirected).status == Code.USAGE.status


def test_a_closed_stream_is_not_taken_for_a_file(here: Path) -> None:
    by_shell(here, "zenml-acme --defaults", "<&- >&- 2>&-")

    answers = (here / "zenml-acme" / ".copier-answers.yml").read_text()
    assert answers.startswith("#")
    assert "What next" not in answers


@pytest.mark.parametrize("command", ["backends", "zenml-acme --defaults", "team show ''"])
def test_nobody_needs_an_account_or_a_home(here: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / "sitecustomize.py").write_text(NOBODY)
    bare = f"env -u HOME -u XDG_CONFIG_HOME -u COPIER_SETTINGS_PATH PYTHONPATH={tmp_path}/start"
    ran = run("bash", "-c", f"{bare} {shlex.join(program())} {command}", folder=here)

    assert "Traceback" not in ran.stderr
    assert ran.status == (Code.USAGE.status if command.startswith("team") else DONE), ran.stderr


@pytest.mark.parametrize("while_importing", ["typer", "copier"])
@pytest.mark.parametrize("start", [program(), [sys.executable, "-m", "sop_new"]])
def test_an_interrupt_is_one_however_early(
    here: Path, tmp_path: Path, while_importing: str, start: list[str]
) -> None:
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / f"{while_importing}.py").write_text(INTERRUPT)
    path = os.pathsep.join([str(tmp_path / "start"), os.environ.get("PYTHONPATH", "")])
    heeding = (sys.executable, "-c", HEEDING, *start)
    ran = run(*heeding, "zenml-acme", "--defaults", folder=here, PYTHONPATH=path)

    assert ran.status == Code.INTERRUPTED.status
    assert "Traceback" not in ran.stderr
    assert not list(here.iterdir())
