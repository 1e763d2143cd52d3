"""A step operator as ZenML's documentation has them written, and what is told of adopting it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sop_new.adopt.result import Adopted

OPERATOR = '''"""Runs steps on the grid."""

import subprocess
from typing import Type

from zenml.step_operators import (
    BaseStepOperator,
    BaseStepOperatorConfig,
    BaseStepOperatorFlavor,
)


class GridStepOperatorConfig(BaseStepOperatorConfig):
    queue: str = "default"


class GridStepOperator(BaseStepOperator):
    @property
    def config(self) -> GridStepOperatorConfig:
        return self._config

    def launch(self, info, entrypoint_command, environment) -> None:
        command = ["gridrun", "--queue", self.config.queue, *entrypoint_command]
        subprocess.run(command, env=environment, check=True)


class GridStepOperatorFlavor(BaseStepOperatorFlavor):
    @property
    def name(self) -> str:
        return "grid"

    @property
    def config_class(self) -> Type[BaseStepOperatorConfig]:
        return GridStepOperatorConfig

    @property
    def implementation_class(self) -> Type[BaseStepOperator]:
        return GridStepOperator
'''

PYPROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "zenml_grid"
version = "0.3.0"
description = "Runs steps on the company's {{ grid }}"
requires-python = ">=3.11,<3.15"
authors = [{ name = "Platform Team", email = "platform@example.org" }]
license = { text = "MIT License" }
dependencies = ["zenml"]
"""

GITIGNORE = (Path(__file__).parents[2] / "template" / ".gitignore").read_text()

WRITTEN = {
    ".gitignore": f"{GITIGNORE}results/\n",
    "README.md": "# The grid\n",
    "pyproject.toml": PYPROJECT,
    "tests/test_operator.py": "def test_nothing(): ...\n",
    "zenml_grid/__init__.py": "",
    "zenml_grid/operator.py": OPERATOR,
    "zenml_grid/py.typed": "",
}

CODE = "zenml_grid/operator.py"
FOUND = "class GridStepOperatorFlavor in zenml_grid/operator.py"

Adopt = Callable[..., Adopted]


def write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def answers_of(told: Adopted) -> dict[str, tuple[str, str]]:
    return {answer.name: (answer.value, answer.origin) for answer in told.answers}


def paths(told: Adopted, standing: str) -> list[str]:
    return [file.path for file in told.files if file.standing == standing]
