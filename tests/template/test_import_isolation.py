"""Modules of projects import beside ZenML, and bring nothing that they should not."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.template.combinations import combinations
from tests.template.environments import lay_over
from tests.template.looking import seen
from tests.template.projects import PACKAGE, Project
from tests.template.rendering import read_questions, render

PRINT_NEW_MODULES = """
import sys, importlib
before = set(sys.modules)
importlib.import_module(sys.argv[1])
print(*sorted(set(sys.modules) - before))
"""

ZENML = "zenml.step_operators"


@cache
def imported_by(project: Project, module: str) -> frozenset[str]:
    *_, modules = project.run("-c", PRINT_NEW_MODULES, module).splitlines()
    return frozenset(modules.split())


@cache
def imported_by_zenml(environment: Path) -> frozenset[str]:
    """What flavor and config cannot do without, imported beside nothing of ours."""
    python = environment / "bin" / "python"
    told = subprocess.run(
        [python, "-c", PRINT_NEW_MODULES, ZENML],
        env=os.environ | {"ZENML_ANALYTICS_OPT_IN": "false"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return frozenset(told.splitlines()[-1].split())


def belongs(module: str, *parents: str) -> bool:
    return any(module == parent or module.startswith(f"{parent}.") for parent in parents)


def strangers(modules: frozenset[str], project: Project) -> set[str]:
    """Modules of neither Python nor ZenML nor the package."""
    allowed = imported_by_zenml(project.environment.base) | sys.stdlib_module_names
    roots = {name.partition(".")[0] for name in allowed} | {PACKAGE}
    return {name for name in modules if name.partition(".")[0] not in roots}


# Both files are the same in projects of all kinds: see test_ownership.py.
of_any_kind = pytest.mark.parametrize(
    "project", [pytest.param("local", marks=pytest.mark.xdist_group("local"))], indirect=True
)


@of_any_kind
def test_the_package_imports_nothing_but_itself(project: Project) -> None:
    assert imported_by(project, PACKAGE) == {PACKAGE}


@of_any_kind
def test_the_flavor_imports_nothing_else_of_the_package(project: Project) -> None:
    modules = imported_by(project, f"{PACKAGE}.flavor")
    assert ZENML in modules
    own = {module for module in modules if belongs(module, PACKAGE)}
    assert own == {PACKAGE, f"{PACKAGE}.flavor"}
    assert strangers(modules, project) == set()


def test_the_config_imports_neither_operator_nor_client(project: Project) -> None:
    modules = seen(project).config
    assert f"{PACKAGE}.engine.options" in modules
    assert not modules & {f"{PACKAGE}.operator", f"{PACKAGE}.engine.client"}


def test_no_sdk_of_an_engine_is_imported(project: Project) -> None:
    assert strangers(seen(project).config, project) == set()
    assert strangers(seen(project).operator, project) == set()


IMPORT_ALL = """
import importlib, pkgutil, sys
for folder, package in zip(sys.argv[1::2], sys.argv[2::2]):
    sys.path.insert(0, folder)
    found = importlib.import_module(package)
    assert found.__file__.startswith(folder), found.__file__
    modules = [module.name for module in pkgutil.walk_packages(found.__path__, f"{package}.")]
    for module in modules:
        importlib.import_module(module)
    print("IMPORTED", len(modules))
    sys.path.remove(folder)
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]
"""


def test_every_module_of_every_combination_imports(
    template_folder: Path, zenml_environment: Path, tmp_path: Path
) -> None:
    arguments = []
    for number, answers in enumerate(combinations(read_questions())):
        folder = render(template_folder, tmp_path / f"project-{number}", answers)
        arguments += [str(folder), answers["project_name"].replace("-", "_")]

    environment = lay_over(zenml_environment, tmp_path / "environment")
    told = environment.run("-c", IMPORT_ALL, *arguments, folder=tmp_path)

    counts = [int(line.split()[1]) for line in told.splitlines() if line.startswith("IMPORTED")]
    assert len(counts) == len(arguments) // 2
    assert min(counts) >= 12


AGENT = f"""
import subprocess, sys
from pathlib import Path
from {PACKAGE}._core.transport.starting import archive
Path(sys.argv[1]).write_bytes(archive())
code = f"import sys; sys.path.insert(0, {{sys.argv[1]!r}}); import {{', '.join(sys.argv[2:])}}"
subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
"""


def test_what_is_sent_to_another_machine_is_all_that_it_imports(
    project: Project, tmp_path: Path
) -> None:
    if f"{PACKAGE}/_core/transport/agent.py" not in project.modules:
        # Of images, nothing is sent.
        return
    wanted = (f"{PACKAGE}.engine.client", f"{PACKAGE}._core.transport.agent")
    project.run("-c", AGENT, str(tmp_path / "agent.zip"), *wanted)
