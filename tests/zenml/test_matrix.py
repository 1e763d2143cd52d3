"""The same generated files hold on every release of ZenML, and the newest on every Python."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from sop_new.check import catalogue
from sop_new.check.warm import ZENML, warm

from tests.core.suites import ARGUMENTS
from tests.template.environments import (
    RUNNING,
    Environment,
    find_python,
    lay_over,
    whole_environment,
)
from tests.template.projects import KINDS, NAME, check
from tests.template.rendering import REPOSITORY, render
from tests.zenml.outcomes import outcome, reports
from tests.zenml.versions import CONTRACT, CORE, LIFECYCLE, ONCE, OWN, Row, rows

MATRIX = rows(RUNNING)
LONGEST = (ONCE, LIFECYCLE, CONTRACT, *CORE, *OWN)
# What takes longest comes first, so that no process has to wait for it at the end.
SUITES = sorted(
    ((row, suite) for row in MATRIX[::-1] for suite in row.suites),
    key=lambda pair: LONGEST.index(pair[1]),
)
LOOKING = ("structure", "config")
"""The levels of the contract that run no pipelines."""

NO_SECRETS = "it has no secrets"
NO_IMAGES = "it asks for no (images|entrypoint)"
UNASKED = "it asks its engine neither over a connection nor by a program"
UNRECORDED = "SOP_NEW_RECORDED_CALLS names no file with what an engine was sent"
UNTOLD = "facts.py .*"
"""What the engine contract is not told of an engine."""
UNREACHED = "the engine does not answer: .*|.* is still to be written: .*|an image says where .*"
MAY_BE_SKIPPED = {
    CONTRACT: f"{NO_SECRETS}|{UNASKED}|{UNRECORDED}",
    "local": f"{NO_SECRETS}|{NO_IMAGES}|{UNTOLD}",
    **dict.fromkeys({*OWN} - {"local"}, f"(?s){NO_SECRETS}|{NO_IMAGES}|{UNTOLD}|{UNREACHED}"),
    ONCE: "the backend local (has no queue|enforces no memory)",
}

INSTALLED = """
import json
from importlib.metadata import distribution
zenml = distribution("zenml")
print(json.dumps([zenml.version, zenml.metadata["Requires-Python"]]))
"""


def environment_of(row: Row) -> Path:
    python = find_python(row.python)
    if not python:
        pytest.skip(f"no Python {row.python} on PATH")
    return whole_environment(row.release.lock, python)


@pytest.mark.parametrize(("row", "suite"), SUITES, ids=str)
def test_a_suite_passes(row: Row, suite: str, template: Path, tmp_path: Path) -> None:
    answers = KINDS.get(CORE.get(suite, suite), {"backend": "local"})
    folder = render(template, tmp_path / NAME, answers)
    environment = lay_over(environment_of(row), tmp_path / "environment")
    environment.install("--editable", str(folder))
    if suite in CORE:
        environment.show_uv()

    kept = reports(row, suite)
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    if suite != CONTRACT:
        with as_started(suite, environment) as started:
            started.run(
                *("-m", "pytest", "-p", "no:cacheprovider", f"--junit-xml={kept / 'tests.xml'}"),
                *chosen(suite),
                folder=folder,
                # What is skipped there is looked at here.
                SOP_NEW_FORBID_SKIPS="",
            )
    if suite in (*OWN, CONTRACT):
        python = environment.base / "bin" / "python"
        options = ("--junit", str(kept / "check.xml"), *levels(suite))
        checked = check(folder, python, *options, folder=tmp_path)
        assert checked.returncode == 0, checked.stdout + checked.stderr
    came_out = outcome(row, suite)
    assert came_out and came_out.passed
    for why in came_out.skipped:
        assert re.fullmatch(MAY_BE_SKIPPED.get(suite, ""), why)


@contextmanager
def as_started(suite: str, environment: Environment) -> Iterator[Environment]:
    """An environment, with a warm Python for the lifecycle: it saves minutes.

    Those that run once, and the contract, start their steps as a user's Python does.
    """
    if suite != LIFECYCLE:
        yield environment
        return
    with warm(environment.python, *ZENML) as python:
        yield replace(environment, stand_in=python)


def chosen(suite: str) -> tuple[str, ...]:
    """What pytest is given; nothing for a project's own tests."""
    if suite in CORE:
        return ARGUMENTS[CORE[suite]]
    if suite in (LIFECYCLE, ONCE):
        folder = str(REPOSITORY / "tests" / "core" / "lifecycle")
        return folder, "-m", "once" if suite == ONCE else "not once"
    return ()


def levels(suite: str) -> list[str]:
    """The options that confine a suite to some levels of the contract."""
    chosen = (level for level in catalogue.load().levels if (level in LOOKING) == (suite in OWN))
    return [part for level in chosen for part in ("--level", level)]


@pytest.mark.parametrize("row", MATRIX, ids=str)
def test_the_release_is_what_the_list_says(row: Row) -> None:
    python = environment_of(row) / "bin" / "python"
    told = subprocess.run([python, "-c", INSTALLED], check=True, capture_output=True)
    version, pythons = json.loads(told.stdout)
    assert version == row.release.version
    assert row.release.pythons in {str(bound) for bound in SpecifierSet(pythons)}
