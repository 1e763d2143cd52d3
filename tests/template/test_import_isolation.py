"""What importing a module of a project brings with it, seen from fresh interpreters."""

import sys
from functools import cache

import pytest

from tests.template.projects import PACKAGE, Project

PRINT_NEW_MODULES = """
import sys, importlib
before = set(sys.modules)
importlib.import_module(sys.argv[1])
print(*sorted(set(sys.modules) - before))
"""

# What flavor and config cannot do without.
ZENML = "zenml.step_operators"


@cache
def imported_by(project: Project, module: str) -> frozenset[str]:
    *_, modules = project.run("-c", PRINT_NEW_MODULES, module).splitlines()
    return frozenset(modules.split())


def belongs(module: str, *parents: str) -> bool:
    return any(module == parent or module.startswith(f"{parent}.") for parent in parents)


def test_the_package_imports_nothing_but_itself(project: Project) -> None:
    assert imported_by(project, PACKAGE) == {PACKAGE}


def test_the_flavor_imports_neither_operator_nor_engine(project: Project) -> None:
    modules = imported_by(project, f"{PACKAGE}.flavor")
    assert ZENML in modules
    own = {module for module in modules if belongs(module, PACKAGE)}
    assert own == {PACKAGE, f"{PACKAGE}.flavor"}


def test_the_config_imports_neither_operator_nor_client(project: Project) -> None:
    modules = imported_by(project, f"{PACKAGE}.config")
    assert f"{PACKAGE}.engine.options" in modules
    assert not modules & {f"{PACKAGE}.operator", f"{PACKAGE}.engine.client"}


@pytest.mark.parametrize("module", ["flavor", "config", "operator"])
def test_no_sdk_of_an_engine_is_imported(project: Project, module: str) -> None:
    allowed = imported_by(project, ZENML) | sys.stdlib_module_names
    modules = imported_by(project, f"{PACKAGE}.{module}")
    roots = {name.partition(".")[0] for name in allowed} | {PACKAGE}
    assert {name for name in modules if name.partition(".")[0] not in roots} == set()
