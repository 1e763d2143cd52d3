"""Ctrl-C and its like: everything is put back as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sop_new.errors import Code
from sop_new.interrupts import SIGNALS

from tests.cli.sop_new_runs import program

# Tells that it runs, and with it a child that won't be asked to leave; then it waits.
STUBBORN = """#!/bin/sh
sh -c 'trap "" TERM INT HUP; echo $$ > "$MARKS/child"; while :; do sleep 1; done' &
while ! [ -s "$MARKS/child" ]; do sleep 0.01; done
echo $$ > "$MARKS/itself"
while :; do sleep 1; done
"""


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; a test that waits too long fails."""
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end, "waited for five minutes, in vain"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(listed.stdout.strip()) and not listed.stdout.startswith("Z")


def heed_signals() -> None:
    """Whoever runs the tests in the background may have told them to ignore some."""
    for signum in SIGNALS:
        signal.signal(signum, signal.SIG_DFL)


def start(folder: Path, *arguments: str, stub: str, **variables: str) -> subprocess.Popen[str]:
    """Start sop-new as a shell does, where a program of a certain name never comes back."""
    binaries, marks, temporary = (folder.parent / name for name in ("bin", "marks", "tmp"))
    for made in (binaries, marks, temporary):
        made.mkdir()
    (binaries / stub).write_text(STUBBORN)
    (binaries / stub).chmod(0o755)
    return subprocess.Popen(
        [*program(), *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
            "MARKS": str(marks),
            "TMPDIR": str(temporary),
            **variables,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_signals,
    )


def marked(folder: Path, name: str) -> Path:
    return folder.parent / "marks" / name


def test_ctrl_c_while_rendering_leaves_nothing(here: Path) -> None:
    process = start(here, "some/zenml-acme", stub="git")
    try:
        wait_for(marked(here, "itself").exists)
        assert list(here.iterdir()), "the interrupt must come while something is there to remove"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, told = process.communicate(timeout=60)
    finally:
        with suppress(ProcessLookupError):  # the child that does not heed
            os.killpg(process.pid, signal.SIGKILL)

    assert process.returncode == Code.INTERRUPTED.status
    assert "Interrupted" in told
    assert "Traceback" not in told
    assert not list(here.iterdir())
    assert not list((here.parent / "tmp").iterdir())


@pytest.mark.parametrize(
    ("signum", "room"), [*((signum, "tmp") for signum in SIGNALS), (signal.SIGINT, "home")]
)
def test_try_ends_what_it_started_and_removes_its_folder(
    here: Path, signum: int, room: str
) -> None:
    for name in ("pyproject.toml", "examples/register.py", "examples/pipeline.py"):
        (here / "acme" / name).parent.mkdir(parents=True, exist_ok=True)
        (here / "acme" / name).touch()
    at_home = {"TMPDIR": "", "XDG_CACHE_HOME": "", "HOME": str(here.parent / "home")}
    process = start(here, "try", "acme", stub="uv", **(at_home if room == "home" else {}))
    assert_all_ends(process, signum, here, here.parent / room)


def test_check_ends_what_it_started_and_removes_its_folder(here: Path) -> None:
    process = start(here, "check", "acme.flavor.Flavor", "--python", "pythonic", stub="pythonic")
    assert_all_ends(process, signal.SIGINT, here, here.parent / "tmp")


def assert_all_ends(process: subprocess.Popen[str], signum: int, here: Path, place: Path) -> None:
    """Interrupt a command that works in a folder of its own in a place."""
    wait_for(marked(here, "itself").exists)
    wait_for(marked(here, "itself").read_text)
    assert list(place.rglob("sop-new-*"))
    pids = [int(marked(here, name).read_text()) for name in ("itself", "child")]
    try:
        process.send_signal(signum)
        _, told = process.communicate(timeout=60)
        wait_for(lambda: not any(map(is_running, pids)))
    finally:
        for pid in (process.pid, *pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    assert process.returncode == Code.INTERRUPTED.status
    assert "Traceback" not in told
    assert not list(place.rglob("sop-new-*"))
