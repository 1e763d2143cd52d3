"""What the template's tests share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.template.environments import lay_over, whole_environment
from tests.template.projects import BACKENDS, NAME, Project
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


def _backends() -> Iterator[Any]:
    for backend in BACKENDS:
        # One worker installs a backend's project once for all of its tests.
        yield pytest.param(backend, marks=pytest.mark.xdist_group(backend))


@pytest.fixture(scope="session", params=_backends())
def project(
    request: pytest.FixtureRequest,
    template: Path,
    zenml_environment: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Project:
    """The project of a backend with the default answers, installed editable beside ZenML."""
    place = tmp_path_factory.mktemp(request.param)
    folder = render(template, place / NAME, {"backend": request.param})
    environment = lay_over(zenml_environment, place / "environment")
    environment.install("--editable", str(folder))
    return Project(request.param, folder, environment)
