"""What the template's tests share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.template.environments import lay_over, whole_environment
from tests.template.projects import KINDS, NAME, Project
from tests.template.rendering import commit_template, copy_template, render
from tests.zenml.versions import NEWEST


@pytest.fixture(scope="session")
def template_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it stands in the work tree, committed or not, with no git around it."""
    return copy_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a clean git repository."""
    return commit_template(copy_template(tmp_path_factory.mktemp("template")))


@pytest.fixture(scope="session")
def zenml_environment() -> Path:
    return whole_environment(NEWEST.lock)


@pytest.fixture
def blank_project(template_folder: Path, zenml_environment: Path, tmp_path: Path) -> Project:
    """A project of the backend `blank`, installed editable, which a test may change."""
    folder = render(template_folder, tmp_path / NAME, {"backend": "blank"})
    environment = lay_over(zenml_environment, tmp_path / "environment")
    environment.install("--editable", str(folder))
    return Project("blank", folder, environment)


def _kinds() -> Iterator[Any]:
    for kind in KINDS:
        # One worker installs a kind's project once for all of its tests.
        yield pytest.param(kind, marks=pytest.mark.xdist_group(kind))


@pytest.fixture(scope="session", params=_kinds())
def project(
    request: pytest.FixtureRequest,
    template: Path,
    zenml_environment: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Project:
    """A project of each kind, otherwise of default answers, installed editable beside ZenML."""
    place = tmp_path_factory.mktemp(request.param)
    folder = render(template, place / NAME, KINDS[request.param])
    environment = lay_over(zenml_environment, place / "environment")
    environment.install("--editable", str(folder))
    return Project(request.param, folder, environment)
