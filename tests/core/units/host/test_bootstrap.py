"""The start of a step's command, where the step runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from zenml_acme._core.environment.source_tree import archive_tree

SHOW = """
import json, os, signal, sys
print(json.dumps({
    "argv": sys.argv[1:],
    "python": sys.executable,
    "interrupts": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "variables": dict(os.environ),
    "umask": os.umask(0),
}))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty folder, as an engine gives one to each job."""
    home = tmp_path / "a job's home"
    home.mkdir()
    return home


def run(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    root = home.parent / "root"
    (root / "package").mkdir(parents=True)
    (root / "show.py").write_text(SHOW)
    (root / "package" / "main.py").write_text(SHOW)
    archive = archive_tree(root, home.parent, 1)
    bootstrap = (
        sys.executable,
        "-m",
        "zenml_acme._core.environment.bootstrap",
        str(archive),
    )
    # No other `python` may be found.
    environment = {"PATH": "/nowhere", "PYTHONPATH": os.pathsep.join(sys.path)}
    # As in a shell's background.
    ignoring = ("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh")
    return subprocess.run(
        (*ignoring, *bootstrap, *command),
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        umask=0o027,
    )


def start(home: Path, *command: str) -> Any:
    done = run(home, *command)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_command_runs_in_a_source_tree_and_a_zenml_of_its_own(home: Path) -> None:
    shown = start(home, "python", "show.py")

    assert shown["variables"]["ZENML_CUSTOM_SOURCE_ROOT"] == str(home / "source")
    assert shown["variables"]["ZENML_REPOSITORY_PATH"] == str(home / "source")
    assert shown["variables"]["ZENML_CONFIG_PATH"] == str(home / "zenml")


def test_arguments_arrive_as_they_were_given(home: Path) -> None:
    awkward = ["a b", "'", '"', "$HOME", "line\nbreak", "", "☃"]

    assert start(home, "python", "show.py", *awkward)["argv"] == awkward


def test_a_bare_python_is_the_one_of_the_environment(home: Path) -> None:
    assert start(home, "python", "show.py")["python"] == sys.executable


def test_a_command_can_be_interrupted_and_buffers_no_last_words(home: Path) -> None:
    shown = start(home, "python", "show.py")

    assert shown["interrupts"]
    assert shown["variables"]["PYTHONUNBUFFERED"] == "1"


def test_a_module_of_the_source_tree_can_be_the_command(home: Path) -> None:
    assert start(home, "python", "-m", "package.main", "x")["argv"] == ["x"]


def test_the_source_tree_is_for_us_alone_and_nothing_else(home: Path) -> None:
    assert start(home, "python", "show.py")["umask"] == 0o027
    for name in ("source", "source/show.py", "zenml"):
        assert (home / name).stat().st_mode & 0o077 == 0


def test_programs_of_the_environment_are_found(home: Path) -> None:
    folders = start(home, "python", "show.py")["variables"]["PATH"].split(os.pathsep)

    inside = [str(Path(sys.executable).parent)] if sys.prefix != sys.base_prefix else []
    assert folders == [*inside, "/nowhere"]


def test_a_broken_pipe_ends_a_program_as_usual(home: Path) -> None:
    script = "kill -PIPE $$; echo survived"

    assert run(home, "/bin/sh", "-c", script).stdout == ""


def test_a_command_that_is_not_there_is_named(home: Path) -> None:
    done = run(home, "no-such-program", "x")

    assert done.returncode == 1
    assert done.stderr.startswith("no-such-program cannot be started: No such file")
