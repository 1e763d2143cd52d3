"""Unit tests of what is the same in all projects, on a ZenML of the tests' own.

They run in an environment that holds ZenML, pytest and a project of the default names:
`python -m pytest tests/core/units`. Which runtime it was made for says what of them is run.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

# Before anything imports ZenML, which reads them at once.
HOME = tempfile.mkdtemp(prefix="zenml-units-")
for name in [name for name in os.environ if name.startswith("ZENML_")]:
    del os.environ[name]
os.environ["ZENML_CONFIG_PATH"] = HOME
os.environ["ZENML_REPOSITORY_PATH"] = HOME
os.environ["ZENML_ANALYTICS_OPT_IN"] = "false"
if version("zenml").startswith("0.84."):
    # It stores logs in a thread that takes the log handler's lock away from others.
    os.environ["ZENML_DISABLE_PIPELINE_LOGS_STORAGE"] = "true"
    os.environ["ZENML_DISABLE_STEP_LOGS_STORAGE"] = "true"

WORKSPACE = Path(__file__).parent / "workspace"
sys.path.insert(0, str(WORKSPACE))

from tests.core.units.fake_engine import FakeEngine, use_fake_engine  # noqa: E402


def pytest_unconfigure() -> None:
    """Delete the tests' ZenML."""
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def stack() -> None:
    """A stack with the step operator, on which the pipelines of the workspace are run."""
    from pipelines import OPERATOR
    from zenml.client import Client
    from zenml.enums import StackComponentType
    from zenml.utils import source_utils

    client, kind = Client(), StackComponentType.STEP_OPERATOR
    flavor = client.create_flavor("zenml_acme.flavor.AcmeStepOperatorFlavor", kind)
    client.create_stack_component(
        name=OPERATOR, flavor=flavor.name, component_type=kind, configuration={}
    )
    default = {
        StackComponentType.ORCHESTRATOR: "default",
        StackComponentType.ARTIFACT_STORE: "default",
    }
    client.create_stack(name=OPERATOR, components={**default, kind: OPERATOR})
    client.activate_stack(OPERATOR)
    source_utils.set_custom_source_root(str(WORKSPACE))


@pytest.fixture
def engine(stack: None, tmp_path: Path) -> Iterator[FakeEngine]:
    """Let the step operator use an engine made of subprocesses."""
    with use_fake_engine(tmp_path) as engine:
        yield engine
