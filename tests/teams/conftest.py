"""What the tests of teams' templates share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.teams.own_backend import Queue, copy_team, install, render_acmeq, running_queue
from tests.template.conftest import template, zenml_environment
from tests.template.projects import NAME, Project

__all__ = ["template", "zenml_environment"]


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template of a team that has a backend of its own, as a repository."""
    return copy_team(tmp_path_factory.mktemp("team") / "acme")


@pytest.fixture(scope="session")
def acmes_project(
    template: Path, acme: Path, zenml_environment: Path, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A project of that backend, otherwise of default answers, installed editable beside ZenML."""
    place = tmp_path_factory.mktemp("acmeq")
    folder = render_acmeq(template, acme, place / NAME, {})
    return install(folder, zenml_environment, place / "environment")


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """A queue that runs, with no proxy before it."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running_queue(tmp_path / "queue") as queue:
        yield queue
