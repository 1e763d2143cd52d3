"""What `sop-new check` does not look at, each told in a line with what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sop_new.errors import Code
from sop_new.printing import Failure

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import Ran, failure, succeed, uv

WRITTEN_BY_HAND = """
from zenml.step_operators import BaseStepOperatorFlavor

class HandFlavor(BaseStepOperatorFlavor):
    name = "hand"
    config_class = None

    @property
    def implementation_class(self):
        import os
        os._exit(7)

class Other:
    pass
"""


Refused = Callable[..., Failure]


@pytest.fixture
def refused(sop_new: SopNew, here: Path, python: Path) -> Refused:
    """Checks what can't be checked, in a folder with a package of the user's."""
    package = here / "package"
    package.mkdir()
    for name, content in {
        "__init__": "",
        "by_hand": WRITTEN_BY_HAND,
        "mistyped": "import package.no_such",
        "raises": "raise ValueError('first\\nsecond')",
        "exits": "raise SystemExit(3)",
        "dies": "import os; os._exit(3)",
    }.items():
        (package / f"{name}.py").write_text(content)

    def run(code: Code, *arguments: str, status: int = 2) -> Failure:
        given = () if "--python" in arguments else ("--python", str(python))
        ran = sop_new("check", *arguments, *given, "--json")
        assert ran.status == status
        assert not list(here.rglob("__pycache__"))
        return failure(Ran(ran.status, ran.stdout, ""), code)

    return run


@pytest.mark.parametrize(
    ("target", "message", "hint"),
    [
        ("nothing", "nothing is neither a folder nor the import path", "AcmeStepOperatorFlavor"),
        ("pakage.by_hand.HandFlavor", "There is no module pakage.", "package?"),
        ("package.byhand.HandFlavor", "There is no module package.byhand.", "package.by_hand?"),
        ("package.by_hand.HndFlavor", "package.by_hand has no HndFlavor.", ".HandFlavor?"),
        ("package.by_hand", "package.by_hand is a module", "package.by_hand.HandFlavor?"),
        ("package.by_hand.Other", "no class that derives from", "package.by_hand.HandFlavor?"),
        ("package.mistyped.Flavor", "No module named 'package.no_such'", "mend the import"),
        ("package.raises.Flavor", "failed: ValueError: first second", "import package.raises"),
        ("package.exits.Flavor", "failed: SystemExit: 3", "import package.exits"),
        ("package.dies.Flavor", "Importing package.dies.Flavor ended", "define things"),
    ],
)
def test_what_is_no_flavor_is_told_in_a_line(
    refused: Refused, target: str, message: str, hint: str
) -> None:
    told = refused(Code.TARGET_UNUSABLE, target)

    assert message in told.message
    assert hint in told.hint
    assert "\n" not in told.message + told.hint


def test_a_folder_that_is_no_project(refused: Refused) -> None:
    assert "pyproject.toml" in refused(Code.NOT_A_PROJECT, "package").message


def test_of_a_workspace_the_projects_are_named(refused: Refused, here: Path) -> None:
    for folder, text in {"shop": "[tool.uv.workspace]", "shop/packages/a b": "[project]"}.items():
        (here / folder).mkdir(parents=True)
        (here / folder / "pyproject.toml").write_text(text)

    told = refused(Code.NOT_A_PROJECT, "shop")

    assert "is a workspace of projects" in told.message
    assert told.hint == "Name one of them: 'shop/packages/a b'"


def test_where_nothing_builds_a_wheel_pip_and_uv_are_named(
    refused: Refused, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    succeed(uv(), "venv", "--quiet", "--python", sys.executable, "bare", folder=tmp_path)
    bare = str(tmp_path / "bare" / "bin" / "python")
    (here / "acme").mkdir()
    (here / "acme" / "pyproject.toml").write_text("[project]")
    monkeypatch.setenv("PATH", str(here))

    told = refused(Code.PYTHON_UNUSABLE, "acme", "--python", bare)

    assert "uv is not on PATH" in told.message
    assert f"{bare} -m ensurepip" in told.hint
    assert "uv" in told.hint


def test_a_project_that_cannot_be_built_fails_with_the_reason_of_the_build(
    refused: Refused, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path(uv()).parent), prepend=os.pathsep)
    (here / "acme").mkdir()
    (here / "acme" / "pyproject.toml").write_text("[broken")

    told = refused(Code.TARGET_UNUSABLE, "acme")

    assert told.message.startswith("The project's wheel can't be built: ")
    assert "[broken" in "\n".join(told.output)


@pytest.mark.parametrize("python", ["no-such-python", "package", "true"])
def test_what_is_no_interpreter(refused: Refused, python: str) -> None:
    told = refused(Code.PYTHON_UNUSABLE, "package.by_hand.HandFlavor", "--python", python)
    assert python in told.message


def test_the_active_environment_is_the_default(
    sop_new: SopNew, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(here / "gone"))
    told = failure(sop_new("check", "a.B", "--json"), Code.PYTHON_UNUSABLE)

    assert str(here / "gone" / "bin" / "python") in told.message


def test_an_environment_without_zenml_is_told_how_to_get_it(refused: Refused) -> None:
    told = refused(Code.PYTHON_UNUSABLE, "package.by_hand.HandFlavor", "--python", sys.executable)

    assert told.message.startswith("zenml is not installed")
    assert "install" in told.hint
    assert sys.executable in told.hint


def test_an_environment_without_pytest_is_told_how_to_get_it(
    refused: Refused, here: Path, tmp_path: Path
) -> None:
    succeed(uv(), "venv", "--quiet", "--python", sys.executable, "bare", folder=tmp_path)
    (here / "zenml.py").touch()
    bare = str(tmp_path / "bare" / "bin" / "python")
    told = refused(Code.PYTHON_UNUSABLE, "package.by_hand.HandFlavor", "--python", bare)

    assert told.message.startswith("pytest is not installed")
    assert f"--python {bare} pytest" in told.hint


def test_a_check_that_ends_the_interpreter_is_named(refused: Refused) -> None:
    target = ("package.by_hand.HandFlavor", "--only", "SOP104", "--only", "SOP106")
    told = refused(Code.CHECK_BROKEN, *target, status=1)

    assert "SOP106" in told.message
    assert any("PASSED" in line for line in told.output)


@pytest.mark.parametrize(
    ("wish", "code", "message", "hint"),
    [
        (["--only", "SP101"], Code.CHECK_UNKNOWN, "no check SP101", "SOP101?"),
        (["--skip", "SPO102=no"], Code.CHECK_UNKNOWN, "no check SPO102", "SOP102?"),
        (["--level", "structur"], Code.CHECK_UNKNOWN, "no level structur", "structure?"),
        (["--level", "x"], Code.CHECK_UNKNOWN, "no level x", "structure, config, lifecycle"),
        (["--skip", "SOP101"], Code.USAGE, "gives no reason", "ID=REASON"),
        (["--skip", "SOP101= "], Code.USAGE, "gives no reason", "ID=REASON"),
        (["--config", "nothing.json"], Code.CONFIG_UNREADABLE, "nothing.json", "JSON"),
        (["--config", "package/by_hand.py"], Code.CONFIG_UNREADABLE, "is no JSON", "JSON"),
        (["--junit", "nowhere/report.xml"], Code.WRITE_FAILED, "nowhere/report.xml", "folder"),
        (["--html", "package"], Code.WRITE_FAILED, "package", "folder"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    refused: Refused, wish: list[str], code: Code, message: str, hint: str
) -> None:
    told = refused(code, "package.by_hand.HandFlavor", *wish, status=code.status)

    assert message in told.message
    assert hint in told.hint


def test_a_target_is_needed(sop_new: SopNew) -> None:
    assert "TARGET" in failure(sop_new("check", "--json"), Code.USAGE).message
