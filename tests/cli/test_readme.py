"""The commands of the README that bring sop-new and create a project."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import pytest
from sop_new.projects.git import git_setting
from sop_new.templates.source import canonical_url

from tests.cli.sop_new_runs import REPOSITORY, program, succeed, uv

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def commands(section: str) -> list[str]:
    """The shell's lines in a section."""
    _, _, rest = README.partition(f"\n## {section}\n")
    blocks = re.findall(r"^```sh\n(.*?)^```", rest.partition("\n## ")[0], re.MULTILINE | re.DOTALL)
    return "".join(blocks).splitlines()


FIRST, SECOND, *OTHERS = commands("Create a project")


@pytest.fixture
def tools(clone: Path, tmp_path: Path, python_of_its_own: Path) -> dict[str, str]:
    """Variables by which the canonical repository is the clone; pip, uvx and pipx are there."""
    tools = tmp_path / "tools"
    tools.mkdir()
    called = {
        "uvx": [uv(), "tool", "run"],
        "pipx": [uv(), "tool", "run", "--quiet", "pipx"],
    }
    for name, command in called.items():
        (tools / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        (tools / name).chmod(0o755)
    return {
        "PATH": os.pathsep.join([str(python_of_its_own.parent), str(tools), os.environ["PATH"]]),
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_BIN_DIR": str(tools),
        "PIPX_DEFAULT_PYTHON": sys.executable,
        "COPIER_CACHE_DIR": str(tmp_path / "copier"),
        "UV_PYTHON": sys.executable,
        **git_setting(f"url.{clone.as_uri()}.insteadOf", canonical_url()),
    }


@pytest.fixture
def python_of_its_own(tmp_path: Path) -> Path:
    """The interpreter of an environment with pip and nothing else."""
    succeed(sys.executable, "-m", "venv", "environment", folder=tmp_path)
    return tmp_path / "environment" / "bin" / "python"


def test_two_commands_are_enough(here: Path, tools: dict[str, str]) -> None:
    assert [f"pip install git+{canonical_url()}", "sop-new zenml-acme"] == [FIRST, SECOND]
    succeed("sh", "-c", f"{FIRST}\n{SECOND}", folder=here, **tools)

    assert (here / "zenml-acme" / "zenml_acme" / "operator.py").is_file()


def test_one_command_is_enough_with_uv(here: Path, tools: dict[str, str]) -> None:
    [line] = [line for line in OTHERS if line.startswith("uvx ")]
    succeed("sh", "-c", line, folder=here, **tools)

    assert (here / "zenml-acme" / "zenml_acme" / "operator.py").is_file()


def test_pipx_keeps_it_apart(here: Path, tools: dict[str, str]) -> None:
    [line] = [line for line in OTHERS if line.startswith("pipx ")]
    succeed("sh", "-c", f"{line}\n{SECOND}", folder=here, **tools)

    assert (here / "zenml-acme" / "zenml_acme" / "operator.py").is_file()


def test_copier_alone_is_enough(here: Path, tools: dict[str, str]) -> None:
    [line] = [line for line in OTHERS if line.startswith("copier copy ")]
    copier = str(Path(program()[0]).with_name("copier"))
    words = [copier, *shlex.split(line)[1:], "--defaults"]
    succeed(*words, folder=here, **tools)

    assert (here / "zenml-acme" / "zenml_acme" / "operator.py").is_file()
