"""The same generated files hold on every release of ZenML, and the newest on every Python."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from tests.template.environments import RUNNING, find_python, lay_over, whole_environment
from tests.template.projects import KINDS, NAME, Project
from tests.template.rendering import REPOSITORY, copy_template, render
from tests.zenml.outcomes import LIFECYCLE, OWN, Outcome, outcome, report
from tests.zenml.table import documented, seen
from tests.zenml.versions import Row, rows

MATRIX = rows(RUNNING)
BLANK = [kind for kind, answers in KINDS.items() if answers["backend"] == "blank"]
LIFECYCLE_TESTS = REPOSITORY / "tests" / "lifecycle"

INSTALLED = """
import json
from importlib.metadata import distribution
zenml = distribution("zenml")
print(json.dumps([zenml.version, zenml.metadata["Requires-Python"]]))
"""


def parameters(chosen: Sequence[Row]) -> list[Any]:
    # One worker makes a row's environment once for all of its tests.
    return [
        pytest.param(row, id=str(row), marks=pytest.mark.xdist_group(str(row))) for row in chosen
    ]


@pytest.fixture(scope="session", params=parameters(MATRIX))
def row(request: pytest.FixtureRequest) -> Row:
    row: Row = request.param
    return row


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def project(row: Row, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return install("local", row, template, tmp_path_factory.mktemp("local"))


def install(kind: str, row: Row, template: Path, place: Path) -> Project:
    """Render a project, and install it beside the row's ZenML."""
    python = find_python(row.python)
    if not python:
        pytest.skip(f"no Python {row.python} on PATH")
    folder = render(template, place / NAME, KINDS[kind])
    base = whole_environment(row.release.lock, python)
    environment = lay_over(base, place / "environment")
    environment.install("--editable", str(folder))
    return Project(kind, folder, environment)


def test_the_release_is_what_the_list_says(row: Row, project: Project) -> None:
    version, pythons = json.loads(project.run("-c", INSTALLED))
    assert version == row.release.version
    assert row.release.pythons in {str(bound) for bound in SpecifierSet(pythons)}


def test_a_projects_own_tests_pass(row: Row, project: Project) -> None:
    assert not run(row, OWN, project).skipped


@pytest.mark.parametrize("kind", BLANK)
@pytest.mark.parametrize("end", parameters([MATRIX[0], MATRIX[-1]]))
def test_a_blank_projects_own_tests_pass(
    end: Row, kind: str, template: Path, tmp_path: Path
) -> None:
    project = install(kind, end, template, tmp_path)
    [reason] = run(end, kind, project).skipped
    assert "still to be written" in reason


@pytest.mark.skipif(not LIFECYCLE_TESTS.is_dir(), reason="tests/lifecycle is not there yet")
def test_the_lifecycle_holds(row: Row, project: Project) -> None:
    assert not run(row, LIFECYCLE, project, LIFECYCLE_TESTS).skipped


def test_the_table_shows_what_was_run(row: Row, project: Project) -> None:
    shown = {cells[2:] for cells in documented() if cells[0] == row.release.version}
    assert shown == {seen(row)}, "run `make zenml-table`"


def run(row: Row, suite: str, project: Project, *tests: Path) -> Outcome:
    """Run a suite in the project's environment, started in its folder."""
    kept = report(row, suite)
    kept.unlink(missing_ok=True)
    project.run(
        *("-m", "pytest", "-p", "no:cacheprovider", f"--junit-xml={kept}", *map(str, tests)),
        # What is skipped there is looked at here.
        SOP_NEW_FORBID_SKIPS="",
    )
    came_out = outcome(row, suite)
    assert came_out and came_out.passed
    return came_out
