"""In a project of the backend `blank`, five methods are all that is missing."""

import ast
from pathlib import Path

from tests.template.projects import PACKAGE, Project

METHODS = {"submit", "poll", "cancel", "logs", "remove"}


def test_with_five_methods_a_real_pipeline_runs(blank_project: Project) -> None:
    folder = blank_project.folder
    client = folder / PACKAGE / "engine" / "client.py"
    filled = (Path(__file__).parent / "filled_client.py").read_text(encoding="utf-8")
    assert public_methods(client.read_text(encoding="utf-8")) == METHODS
    assert public_methods(filled) == METHODS

    client.write_text(filled, encoding="utf-8")

    assert "1 passed" in blank_project.run("-m", "pytest", "tests/e2e")


def public_methods(source: str) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
