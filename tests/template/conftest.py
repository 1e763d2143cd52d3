"""What the template's tests share."""

from pathlib import Path

import pytest

from tests.template.rendering import take_snapshot


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean git repository that holds the template as it stands in the work tree."""
    return take_snapshot(tmp_path_factory.mktemp("template"))
