"""In a project of the backend `blank`, five methods are all that is missing."""

import ast
from pathlib import Path

import pytest

from tests.template.environments import Environment, lay_over
from tests.template.projects import NAME, PACKAGE
from tests.template.rendering import render

METHODS = {"submit", "poll", "cancel", "logs", "remove"}


@pytest.fixture
def folder(template_folder: Path, tmp_path: Path) -> Path:
    return render(template_folder, tmp_path / NAME, {"backend": "blank"})


@pytest.fixture
def environment(zenml_environment: Path, folder: Path, tmp_path: Path) -> Environment:
    environment = lay_over(zenml_environment, tmp_path / "environment")
    environment.install("--editable", str(folder))
    return environment


def test_with_five_methods_a_real_pipeline_runs(environment: Environment, folder: Path) -> None:
    client = folder / PACKAGE / "engine" / "client.py"
    filled = (Path(__file__).parent / "filled_client.py").read_text(encoding="utf-8")
    assert public_methods(client.read_text(encoding="utf-8")) == METHODS
    assert public_methods(filled) == METHODS

    client.write_text(filled, encoding="utf-8")
    (folder / "tests" / "e2e" / "conftest.py").unlink()

    assert "1 passed" in environment.run("-m", "pytest", "tests/e2e", folder=folder)


def public_methods(source: str) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
