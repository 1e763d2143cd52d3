"""What of a generated project is its owner's, and what is the template's, is plain to see."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.template.projects import KINDS, NAME, PACKAGE
from tests.template.rendering import read_files, render

CORE = f"{PACKAGE}/_core/"
TRANSPORT = f"{CORE}transport/"
CONTRACT = "tests/engine_contract/"
FACTS = f"{CONTRACT}facts.py"
"""What the contract has to know of the engine: all of it that differs between engines."""
NAMES: dict[str, dict[str, str]] = {
    "usual": {},
    "others": {
        "project_name": "grid-steps",
        "flavor": "grid",
        "class_prefix": "Grid",
        "license": "MIT",
        "ci": "gitlab",
    },
}
MOST_FILES, MOST_LINES = 12, 1000
MOST_TEST_FILES, MOST_TEST_LINES = 6, 700
MOST_FILES_OF_A_PROJECT = 63
LONGEST_OPERATOR, LONGEST_AGENTS = 99, 40


# One worker renders each of them once.
pytestmark = pytest.mark.xdist_group("ownership")

Rendered = Callable[[str, str], Mapping[str, bytes]]


@pytest.fixture(scope="module")
def rendered(template_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """The files of a project of a kind, with the usual names or with others."""

    @cache
    def files(kind: str, names: str) -> Mapping[str, bytes]:
        answers = KINDS[kind] | NAMES[names]
        return read_files(render(template_folder, tmp_path_factory.mktemp(kind) / NAME, answers))

    return files


@pytest.fixture(params=KINDS)
def files(request: pytest.FixtureRequest, rendered: Rendered) -> Mapping[str, bytes]:
    """A project of each kind."""
    return rendered(request.param, "usual")


def lines(content: bytes) -> int:
    return content.count(b"\n")


def runtime(answers: Mapping[str, str]) -> str:
    return answers.get("runtime") or ("image" if answers["backend"] == "docker" else "host")


@pytest.mark.parametrize("wanted", ["host", "image"])
def test_the_core_is_the_same_in_all_projects_of_a_runtime(wanted: str, rendered: Rendered) -> None:
    kinds = [kind for kind, answers in KINDS.items() if runtime(answers) == wanted]
    cores = [core(rendered(kind, names)) for kind in kinds for names in NAMES]

    assert len(cores) > len(NAMES)
    assert cores[0]
    assert all(each == cores[0] for each in cores)


def core(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What lies in the core's folder, by path in it."""
    return {path.partition("/_core/")[2]: text for path, text in files.items() if "/_core/" in path}


def test_what_is_the_owners_of_the_package_is_little(files: Mapping[str, bytes]) -> None:
    own = {
        path: text
        for path, text in files.items()
        if path.startswith(f"{PACKAGE}/") and not path.startswith(CORE)
    }

    assert len(own) <= MOST_FILES
    assert sum(map(lines, own.values())) <= MOST_LINES
    assert {path.split("/")[1] for path in own} == {
        "__init__.py",
        "config.py",
        "engine",
        "flavor.py",
        "operator.py",
        "py.typed",
    }


def test_the_tests_that_are_the_owners_are_few_and_short(files: Mapping[str, bytes]) -> None:
    tests = {
        path: text
        for path, text in files.items()
        if path.startswith("tests/") and not path.startswith(CONTRACT)
    }

    assert len(tests) <= MOST_TEST_FILES, sorted(tests)
    assert sum(map(lines, tests.values())) <= MOST_TEST_LINES


@pytest.mark.parametrize("file", ["__init__.py", "flavor.py", "config.py", "operator.py"])
def test_an_engine_is_all_that_a_backend_changes_of_the_package(
    rendered: Rendered, file: str
) -> None:
    assert len({rendered(kind, "usual")[f"{PACKAGE}/{file}"] for kind in KINDS}) == 1


@pytest.mark.parametrize("names", NAMES)
def test_the_engine_contract_is_the_same_for_all_engines(names: str, rendered: Rendered) -> None:
    contracts = [contract(rendered(kind, names)) for kind in KINDS]

    assert contracts[0]
    assert all(each == contracts[0] for each in contracts)


def contract(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {
        path: text for path, text in files.items() if path.startswith(CONTRACT) and path != FACTS
    }


def test_names_stand_in_one_file_of_the_contract(rendered: Rendered) -> None:
    usual, others = (contract(rendered("local", names)) for names in NAMES)

    assert {path for path in usual if usual[path] != others[path]} == {f"{CONTRACT}project.py"}


def test_a_project_has_few_files_beside_the_contract_and_the_transport(
    files: Mapping[str, bytes],
) -> None:
    assert FACTS in files
    others = [path for path in files if not path.startswith((CONTRACT, TRANSPORT))]
    assert len(others) <= MOST_FILES_OF_A_PROJECT


def test_the_operator_fits_a_screen_or_two(files: Mapping[str, bytes]) -> None:
    assert lines(files[f"{PACKAGE}/operator.py"]) <= LONGEST_OPERATOR


def test_the_core_is_marked_as_not_for_editing(files: Mapping[str, bytes]) -> None:
    assert "Not for editing" in files[f"{CORE}__init__.py"].decode()
    assert f"{CORE}** linguist-generated" in files[".gitattributes"].decode()
    assert f"{CONTRACT}** linguist-generated" in files[".gitattributes"].decode()
    for paper in ("README.md", "AGENTS.md"):
        [line] = [
            line
            for line in files[paper].decode().splitlines()
            if "_core/`" in line and "ot for editing" in line
        ]
        assert f"`{CORE}`" in line
    assert lines(files["AGENTS.md"]) <= LONGEST_AGENTS


@pytest.mark.parametrize("command", ["try .", "check .", "diff", "update"])
def test_the_papers_name_the_commands_that_keep_it_current(
    files: Mapping[str, bytes], command: str
) -> None:
    assert f"\nsop-new {command}" in files["README.md"].decode()
