"""What the ZenML at hand knows, so that a scenario can say why it was left out."""

import inspect

import pytest
import zenml
from zenml.stack import Stack
from zenml.utils import exception_utils

VERSION = f"ZenML {zenml.__version__}"

KEEPS_EXCEPTIONS = hasattr(exception_utils, "reconstruct_exception")
"""Older ones keep the traceback alone."""

needs_dynamic = pytest.mark.skipif(
    "dynamic" not in inspect.signature(zenml.pipeline).parameters,
    reason=f"{VERSION} has no dynamic pipelines",
)
needs_operators = pytest.mark.skipif(
    not hasattr(Stack, "step_operators"),
    reason=f"{VERSION} has one step operator in a stack",
)
needs_commands = pytest.mark.skipif(
    not hasattr(zenml, "CommandStep"), reason=f"{VERSION} has no command steps"
)
