"""`zenml step-operator flavor register` stores the source that is importable everywhere."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sop_new.check.warm import ZENML, warm

from tests.template.environments import Environment, lay_over
from tests.template.projects import NAME, SOURCE, build_wheel
from tests.template.rendering import render


@pytest.fixture(scope="module")
def folder(template_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # The default backend stands for all: what is stored follows from the package's layout.
    return render(template_folder, tmp_path_factory.mktemp("registered") / NAME, {})


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(how, marks=pytest.mark.xdist_group(f"registered-{how}"))
        for how in ("editable", "wheel")
    ],
)
def environment(
    request: pytest.FixtureRequest,
    zenml_environment: Path,
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Environment]:
    place = tmp_path_factory.mktemp(request.param)
    environment = lay_over(zenml_environment, place / "environment")
    if request.param == "wheel":
        environment.install(str(build_wheel(environment, folder, place / "dist")))
    else:
        environment.install("--editable", str(folder))
    with warm(environment.python, *ZENML) as python:
        yield replace(environment, stand_in=python)


def registered_sources(environment: Environment) -> list[str]:
    """What was stored of ours; it is forgotten then, for the next test."""
    [database] = (environment.folder / "zenml").rglob("zenml.db")
    ours = "type = 'step_operator' AND source NOT LIKE 'zenml.%'"
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(f"SELECT source FROM flavor WHERE {ours}").fetchall()
        connection.execute(f"DELETE FROM flavor WHERE {ours}")
        connection.commit()
    return [source for (source,) in rows]


def register(environment: Environment, folder: Path) -> None:
    environment.run_script("zenml", "step-operator", "flavor", "register", SOURCE, folder=folder)


def test_registered_from_the_folder_above(environment: Environment, folder: Path) -> None:
    # Left to itself, ZenML stores `zenml-acme.zenml_acme.flavor...` for an editable install.
    register(environment, folder.parent)
    assert registered_sources(environment) == [SOURCE]


def test_registered_from_elsewhere(environment: Environment, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    register(environment, elsewhere)
    assert registered_sources(environment) == [SOURCE]


def test_registered_from_the_root_of_a_zenml_repository(
    environment: Environment, folder: Path
) -> None:
    environment.run_script("zenml", "init", folder=folder)
    register(environment, folder)
    assert registered_sources(environment) == [SOURCE]
