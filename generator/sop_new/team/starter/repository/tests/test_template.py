"""On every backend, the template makes a project that is as the team wants it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEAM = Path(__file__).parents[1]
SETTINGS = yaml.safe_load((TEAM / "sop-team.yml").read_text(encoding="utf-8"))

PARSERS: Mapping[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
}


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program of the environment that the tests run in, without a terminal."""
    programs = Path(sys.executable).parent
    return subprocess.run(
        [programs / command[0], *command[1:]],
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def succeed(*command: str | Path) -> str:
    """Run a program that must succeed; returns what it printed on stdout."""
    done = run(*command)
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)
    return done.stdout


def backends() -> list[str]:
    """The backends that a project can have."""
    listed = json.loads(succeed("sop-new", "backends", "--team", TEAM, "--json"))
    return [backend["name"] for backend in listed["backends"]]


@pytest.fixture(scope="module", params=backends())
def project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A project of each backend, otherwise of the defaults."""
    folder = tmp_path_factory.mktemp(request.param) / "zenml-example"
    options = ("--backend", request.param, "--defaults")
    succeed("sop-new", folder, "--team", TEAM, *options)
    return folder


def test_the_locked_answers_are_those_of_the_project(project: Path) -> None:
    noted = (project / ".copier-answers.yml").read_text(encoding="utf-8")
    answers = yaml.safe_load(noted)

    locked = SETTINGS["locked"]
    assert {name: answers.get(name) for name in locked} == locked


@pytest.mark.parametrize("name", SETTINGS["locked"])
def test_nobody_can_answer_otherwise(name: str, tmp_path: Path) -> None:
    otherwise = ("--defaults", "-d", f"{name}=other")
    refused = run("sop-new", tmp_path / "zenml-example", "--team", TEAM, *otherwise)

    assert refused.returncode != 0
    assert SETTINGS["name"] in refused.stderr


def test_the_files_of_the_template_are_there(project: Path) -> None:
    package = project.name.replace("-", "_")
    template = TEAM / "template"
    for file in template.rglob("*"):
        name = file.relative_to(template).as_posix()
        name = name.replace("{{ package_name }}", package)
        # Where Jinja decides whether there is a file, only a test of its own can tell.
        if not file.is_file() or "{" in name:
            continue
        rendered = project / name.removesuffix(".jinja")
        assert rendered.is_file(), rendered
        if not name.endswith(".jinja"):
            assert rendered.read_bytes() == file.read_bytes(), rendered


def test_all_files_can_be_read(project: Path) -> None:
    for file in project.rglob("*"):
        if parse := PARSERS.get(file.suffix):
            try:
                parse(file.read_text(encoding="utf-8"))
            except Exception as error:
                pytest.fail(f"{file}: {error}", pytrace=False)


def test_the_linter_has_nothing_to_say(project: Path) -> None:
    succeed("ruff", "check", project)
    succeed("ruff", "format", "--check", project)


def test_zenml_gets_the_operator_that_it_expects(project: Path) -> None:
    levels = ("--level", "structure", "--level", "config")
    succeed("sop-new", "check", project, "--python", sys.executable, *levels)
