"""The core holds in a project of each runtime, on the newest ZenML."""

from pathlib import Path

import pytest

from tests.core.suites import ARGUMENTS, UNITS
from tests.template.conftest import template_folder, zenml_environment
from tests.template.environments import lay_over
from tests.template.projects import KINDS, NAME
from tests.template.rendering import render

__all__ = ["template_folder", "zenml_environment"]

LATER = f"--ignore={UNITS / 'host' / 'test_real_installers.py'}"
"""Builds environments for half a minute: with the oldest and the newest, in `make test-zenml`."""


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_the_units_of_the_core_pass(
    kind: str, template_folder: Path, zenml_environment: Path, tmp_path: Path
) -> None:
    folder = render(template_folder, tmp_path / NAME, KINDS[kind])
    environment = lay_over(zenml_environment, tmp_path / "environment")
    environment.install("--editable", str(folder))
    environment.show_uv()

    told = environment.run(
        "-m", "pytest", "-p", "no:cacheprovider", LATER, *ARGUMENTS[kind], folder=folder
    )
    assert " passed" in told
