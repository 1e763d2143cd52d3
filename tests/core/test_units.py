"""The core holds in a project of each runtime, on the newest ZenML."""

from pathlib import Path

import pytest

from tests.core.suites import ARGUMENTS
from tests.template.conftest import template_folder, zenml_environment
from tests.template.environments import find_uv, lay_over
from tests.template.projects import KINDS, NAME
from tests.template.rendering import render

__all__ = ["template_folder", "zenml_environment"]


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_the_units_of_the_core_pass(
    kind: str, template_folder: Path, zenml_environment: Path, tmp_path: Path
) -> None:
    folder = render(template_folder, tmp_path / NAME, KINDS[kind])
    environment = lay_over(zenml_environment, tmp_path / "environment")
    environment.install("--editable", str(folder))
    # Where a project looks for it, if it is not on PATH.
    (environment.folder / "bin" / "uv").symlink_to(find_uv())

    told = environment.run(
        "-m", "pytest", "-p", "no:cacheprovider", *ARGUMENTS[kind], folder=folder
    )
    assert " passed" in told
