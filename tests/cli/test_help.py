"""What is seen before anything is done: help, version, the list of backends."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from sop_new.create.result import Backends

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import REPOSITORY, succeed

HEAVY = {"copier", "zenml", "yaml", "questionary", "jinja2", "sop_new.printing"}


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["try", "--help"],
        ["check", "--help"],
        ["adopt", "--help"],
        ["team"],
        ["team", "init", "--help"],
        ["--version"],
    ],
)
def test_help_imports_nothing_heavy(command: list[str], tmp_path: Path) -> None:
    script = (
        "import json, sys; from sop_new.cli import app; "
        f"app.run({command!r}); print(json.dumps(list(sys.modules)))"
    )
    printed = succeed(sys.executable, "-c", script, folder=tmp_path)

    assert HEAVY.isdisjoint(json.loads(printed.splitlines()[-1]))


@pytest.mark.parametrize("command", [[], ["help"], ["-h"], ["zenml-acme", "--help"]])
def test_help_says_how_to_create(sop_new: SopNew, here: Path, command: list[str]) -> None:
    ran = sop_new(*command)

    assert ran.status == 0
    for expected in ("sop-new DEST | COMMAND", "--backend", "--dry-run", "backends", "try"):
        assert expected in ran.stdout
    assert not list(here.iterdir())


@pytest.mark.parametrize(
    "command", [[], ["try"], ["check"], ["update"], ["diff"], ["adopt"], ["team"], ["team", "init"]]
)
def test_options_without_a_value_show_none(sop_new: SopNew, command: list[str]) -> None:
    assert "<bool>" not in sop_new(*command, "-h").stdout


def test_help_of_a_command_is_its_own(sop_new: SopNew) -> None:
    assert sop_new("help", "try").stdout == sop_new("try", "--help").stdout


def test_the_version_is_that_of_the_distribution(sop_new: SopNew) -> None:
    assert sop_new("--version").stdout == f"{version('sop-new')}\n"


def test_the_program_runs_as_a_module(here: Path) -> None:
    printed = succeed(sys.executable, "-m", "sop_new", "--version", folder=here)

    assert printed == f"{version('sop-new')}\n"


def test_the_backends_are_the_choices_of_the_question(sop_new: SopNew) -> None:
    question = yaml.safe_load((REPOSITORY / "copier.yml").read_text())["backend"]
    listed = Backends.model_validate_json(sop_new("backends", "--json").stdout).backends

    assert [backend.name for backend in listed] == question["choices"]
    assert [backend.name for backend in listed if backend.default] == [question["default"]]


def test_people_see_what_programs_see(sop_new: SopNew) -> None:
    listed = Backends.model_validate_json(sop_new("backends", "--json").stdout).backends
    shown = sop_new("backends").stdout

    for backend in listed:
        assert backend.name in shown
        assert backend.summary.split()[0] in shown
