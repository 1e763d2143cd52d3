"""Where `sop-new check` finds the class and the interpreter, in whatever project it is given."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from sop_new.check.result import Report
from sop_new.check.targets import interpreter
from sop_new.guests.preflight import RefusalError, source_in

from tests.cli.sop_new_runs import program, run, uv

FLAVOR = """
from zenml import step_operators

class AcmeBase(step_operators.BaseStepOperatorFlavor):
    pass
"""
DERIVED = """
from acme.base import AcmeBase

class AcmeFlavor(AcmeBase):
    name = "acme"
    config_class = None

    @property
    def implementation_class(self):
        return None
"""
PAPER = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "acme"
version = "1"

[tool.hatch.build.targets.wheel]
packages = ["src/acme"]
"""


def write(folder: Path, **modules: str) -> None:
    for name, content in modules.items():
        path = folder.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def test_the_class_that_others_do_not_derive_from_is_the_flavor(tmp_path: Path) -> None:
    write(
        tmp_path,
        acme__base=FLAVOR,
        acme__flavors__cluster=DERIVED,
        acme__broken="def",
        tests__a=DERIVED,
    )

    assert source_in(tmp_path) == "acme.flavors.cluster.AcmeFlavor"


def test_a_class_in_the_packages_own_module_is_found(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "__init__.py").write_text(FLAVOR)

    assert source_in(tmp_path) == "acme.AcmeBase"


def test_a_flavor_that_names_its_type_itself_is_found(tmp_path: Path) -> None:
    own = "class Own(Flavor):\n    type = StackComponentType.STEP_OPERATOR\n"
    write(tmp_path, acme=own + "class Store(Flavor):\n    pass\n")

    assert source_in(tmp_path) == "acme.Own"


def test_of_several_flavors_all_are_named(tmp_path: Path) -> None:
    write(tmp_path, acme__one=DERIVED, acme__two=DERIVED, acme__base=FLAVOR)

    with pytest.raises(RefusalError) as refused:
        source_in(tmp_path)
    assert "acme.one.AcmeFlavor, acme.two.AcmeFlavor" in str(refused.value)


def test_a_project_without_a_flavor_is_told_so(tmp_path: Path) -> None:
    write(tmp_path, acme="class Store(Flavor):\n    pass\n")

    with pytest.raises(RefusalError, match="no flavor of a step operator"):
        source_in(tmp_path)


def test_a_project_of_anybodys_is_checked_in_its_own_environment(here: Path, python: Path) -> None:
    write(here / "shop" / "src", acme__base=FLAVOR, acme__flavors__cluster=DERIVED)
    (here / "shop" / "pyproject.toml").write_text(PAPER)
    (here / "shop" / ".venv").symlink_to(python.parents[1])

    ran = run(
        *(*program(), "check", "shop", "--only", "SOP101", "--json"),
        folder=here,
        PATH=f"{Path(uv()).parent}{os.pathsep}{os.environ['PATH']}",
        VIRTUAL_ENV="nowhere",
    )

    assert ran.status == 0, ran.stdout + ran.stderr
    report = Report.model_validate_json(ran.stdout)
    assert report.source == "acme.flavors.cluster.AcmeFlavor"
    assert report.python == str(here / "shop" / ".venv" / "bin" / "python")


def test_a_named_interpreter_comes_before_the_projects_own(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)

    assert interpreter(sys.executable, tmp_path) == sys.executable
    assert interpreter(None, tmp_path) == str(tmp_path / ".venv" / "bin" / "python")


def test_without_one_the_active_environment_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(Path(sys.executable).parents[1]))

    assert interpreter(None, tmp_path) == sys.executable
