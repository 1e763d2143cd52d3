"""What is seen of a flavor from a subprocess: whose its imports are, and where its source leads."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from sop_new.check.catalogue import FOLDER

from tests.template.environments import whole_environment
from tests.zenml.versions import NEWEST

FLAVOR = """
from zenml.step_operators import BaseStepOperatorConfig, BaseStepOperatorFlavor

class HandFlavor(BaseStepOperatorFlavor):
    name = "hand"

    @property
    def config_class(self):
        from {package}.config import HandConfig

        return HandConfig

    @property
    def implementation_class(self):
        from {package}.operator import HandOperator

        return HandOperator
"""
CONFIG = """
from zenml.step_operators import BaseStepOperatorConfig

class HandConfig(BaseStepOperatorConfig):
    pass
"""
OPERATOR = """
from zenml.step_operators import BaseStepOperator

class HandOperator(BaseStepOperator):
    pass
"""


def write(folder: Path, package: str = "by_hand", config: str = "", operator: str = "") -> None:
    """A package with a flavor, a configuration and an operator, with more lines for these two."""
    inside = folder.joinpath(*package.split("."))
    inside.mkdir(parents=True)
    (inside / "flavor.py").write_text(FLAVOR.format(package=package))
    (inside / "config.py").write_text(config + CONFIG)
    (inside / "operator.py").write_text(operator + OPERATOR)


def install(folder: Path, name: str, *modules: str, requires: str = "") -> None:
    """Note modules down as a distribution's, as installers do; those that are missing are made."""
    for module in modules:
        if not (folder / module).exists():
            (folder / module).mkdir()
            (folder / module / "__init__.py").touch()
    information = folder / f"{name.replace('-', '_')}-1.dist-info"
    information.mkdir()
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1"]
    metadata += [f"Requires-Dist: {requires}"] if requires else []
    (information / "METADATA").write_text("\n".join(metadata) + "\n")
    (information / "top_level.txt").write_text("\n".join(modules))
    files = [path.relative_to(folder) for module in modules for path in (folder / module).iterdir()]
    (information / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def seen(folder: Path, module: str = "by_hand.flavor") -> dict[str, Any]:
    """What the subprocess finds with a folder on its path, from another one."""
    python = whole_environment(NEWEST.lock) / "bin" / "python"
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run(
            [python, FOLDER / "in_subprocess.py", module, "HandFlavor"],
            cwd=elsewhere,
            env=os.environ | {"PYTHONPATH": str(folder), "ZENML_CONFIG_PATH": elsewhere},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize(
    ("requires", "foreign"), [("engine-sdk", []), ("engine-sdk; extra == 'run'", ["sdk"])]
)
def test_a_declared_dependency_and_an_own_module_are_no_sdk(
    tmp_path: Path, requires: str, foreign: list[str]
) -> None:
    write(tmp_path, operator="import by_hand_too\nimport sdk\n")
    install(tmp_path, "engine_sdk", "sdk")
    install(tmp_path, "by-hand", "by_hand", "by_hand_too", requires=requires)

    assert seen(tmp_path)["foreign to the operator"] == foreign


def test_what_is_installed_as_editable_is_known_by_its_folder(tmp_path: Path) -> None:
    write(tmp_path / "project", operator="import sdk\n")
    install(tmp_path, "engine_sdk", "sdk")
    install(tmp_path, "by-hand", requires="engine-sdk")
    origin = {"url": (tmp_path / "project").as_uri(), "dir_info": {"editable": True}}
    (tmp_path / "by_hand-1.dist-info" / "direct_url.json").write_text(json.dumps(origin))
    (tmp_path / "by_hand").symlink_to(tmp_path / "project" / "by_hand")

    assert seen(tmp_path)["foreign to the operator"] == []


def test_a_dependency_that_is_declared_and_not_installed_is_named(tmp_path: Path) -> None:
    write(tmp_path, operator="import sdk\n")
    install(tmp_path, "by-hand", "by_hand", requires="engine-sdk")

    told = seen(tmp_path)

    assert told["absent"] == ["engine-sdk"]
    assert "No module named 'sdk'" in told["missing"]


def test_a_configuration_that_does_not_import_is_told_apart(tmp_path: Path) -> None:
    write(tmp_path, config="import sdk\n")

    assert "No module named 'sdk'" in seen(tmp_path)["missing config"]


def test_a_namespace_package_leads_back(tmp_path: Path) -> None:
    write(tmp_path, package="corp.by_hand")

    told = seen(tmp_path, "corp.by_hand.flavor")

    assert told["stored"] == "corp.by_hand.flavor.HandFlavor"
    assert "lost" not in told


def test_a_package_below_a_root_of_zenmls_is_stored_by_a_path_that_leads_nowhere_else(
    tmp_path: Path,
) -> None:
    (tmp_path / ".zen").mkdir()
    (tmp_path / "plugins").mkdir()
    write(tmp_path / "plugins")

    told = seen(tmp_path / "plugins")

    assert told["stored"] == "plugins.by_hand.flavor.HandFlavor"
    assert str(tmp_path) in told["lost"]


def test_a_package_at_a_root_of_zenmls_leads_back(tmp_path: Path) -> None:
    (tmp_path / ".zen").mkdir()
    write(tmp_path)

    assert "lost" not in seen(tmp_path)


def test_a_path_that_begins_with_src_leads_nowhere_else(tmp_path: Path) -> None:
    write(tmp_path, package="src.by_hand")

    assert "`src` is a folder" in seen(tmp_path, "src.by_hand.flavor")["lost"]
