"""In a project of the backend `blank`, five methods are all that is missing."""

import ast
import re
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
    # The options are still those of nobody's engine.
    told = blank_project.run(
        *("-m", "pytest", "tests/engine_contract", "-p", "no:cacheprovider"),
        *("-k", "not test_each_option_is_read"),
    )
    assert set(re.findall(r"^SKIPPED .*?: (.*)$", told, re.MULTILINE)) == {
        "facts.py names no settings with which a job stays in the queue",
        "facts.py does not tell how to put it out of reach",
        "facts.py does not tell how resources appear",
    }


def test_what_is_not_written_is_a_question_to_its_owner(blank_project: Project) -> None:
    told = blank_project.run(
        *("-m", "pytest", "tests/engine_contract", "-p", "no:cacheprovider"),
    )

    asked = re.findall(
        rf"BlankEngine\.(\w+)\(\) in {PACKAGE}/engine/client\.py .*: (.*\?)$", told, re.M
    )
    client = ast.parse((blank_project.folder / PACKAGE / "engine" / "client.py").read_text())
    assert {*asked} == {
        (node.name, (ast.get_docstring(node) or "").partition("\n")[0])
        for node in ast.walk(client)
        if isinstance(node, ast.FunctionDef) and node.name in METHODS
    }


def public_methods(source: str) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
