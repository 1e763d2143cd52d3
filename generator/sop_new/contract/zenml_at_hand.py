"""What the ZenML at hand knows, so that a check can say why it is skipped."""

from __future__ import annotations

import inspect

import pytest
import zenml
from zenml.step_operators import BaseStepOperator

VERSION = f"ZenML {zenml.__version__}"

LOGS = (
    {
        "ZENML_DISABLE_PIPELINE_LOGS_STORAGE": "true",
        "ZENML_DISABLE_STEP_LOGS_STORAGE": "true",
    }
    if zenml.__version__.startswith("0.84.")
    else {}
)
"""Variables for a launcher. ZenML 0.84 stores logs in a thread that takes the log
handler's lock away from others, so that a run fails now and then."""

needs_dynamic = pytest.mark.skipif(
    "dynamic" not in inspect.signature(zenml.pipeline).parameters,
    reason=f"{VERSION} has no dynamic pipelines",
)
needs_commands = pytest.mark.skipif(
    not hasattr(zenml, "CommandStep"), reason=f"{VERSION} has no command steps"
)
needs_status = pytest.mark.skipif(
    not hasattr(BaseStepOperator, "get_status"),
    reason=f"{VERSION} knows `launch` only",
)
needs_cleanup = pytest.mark.skipif(
    not hasattr(BaseStepOperator, "cleanup_step_submission"),
    reason=f"{VERSION} does not ask to clean up",
)
