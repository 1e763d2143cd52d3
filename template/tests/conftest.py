"""A ZenML of the tests' own, with the step operator in its active stack."""

from __future__ import annotations

import os
import runpy
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]

# Before anything imports ZenML: the developer's own configuration is not for tests.
HOME = tempfile.mkdtemp(prefix="zenml-tests-")
for name in [name for name in os.environ if name.startswith("ZENML_")]:
    del os.environ[name]
os.environ["ZENML_CONFIG_PATH"] = HOME
# A `.zen` in the project is the developer's too.
os.environ["ZENML_REPOSITORY_PATH"] = HOME
os.environ["ZENML_ANALYTICS_OPT_IN"] = "false"
if version("zenml").startswith("0.84."):
    # It stores logs in a thread that takes the log handler's lock away from others.
    os.environ["ZENML_DISABLE_PIPELINE_LOGS_STORAGE"] = "true"
    os.environ["ZENML_DISABLE_STEP_LOGS_STORAGE"] = "true"


def pytest_unconfigure() -> None:
    """Delete the tests' ZenML."""
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def stack() -> None:
    """Register what the example registers, and run pipelines on it from here."""
    from zenml.utils import source_utils

    register = runpy.run_path(str(PROJECT / "examples" / "register.py"))
    register["main"](["--activate"])
    source_utils.set_custom_source_root(str(PROJECT / "tests"))
