"""What the template's tests share."""

from pathlib import Path

import pytest

from tests.template.rendering import commit_template, copy_template


@pytest.fixture(scope="session")
def template_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it stands in the work tree, committed or not, with no git around it."""
    return copy_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a clean git repository."""
    return commit_template(copy_template(tmp_path_factory.mktemp("template")))
