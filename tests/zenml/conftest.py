"""What the tests on several releases of ZenML share."""

from pathlib import Path

import pytest

from tests.template.rendering import copy_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it stands in the work tree."""
    return copy_template(tmp_path_factory.mktemp("template"))
