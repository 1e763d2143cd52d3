"""The entrypoint of a step that runs on a host, in a folder of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from zenml.step_operators.step_operator_entrypoint_configuration import (
    StepOperatorEntrypointConfiguration,
)


class HostEntrypointConfiguration(StepOperatorEntrypointConfiguration):
    """Runs the step where it stands: `bootstrap.py` has brought the code there."""

    def prepare_code_environment(self) -> None:
        """Make the code in the current folder importable.

        ZenML's own version creates /app and changes into it, which on a host fails for
        anyone but root (ZenML 0.98, entrypoints/base_entrypoint_configuration.py).
        """
        sys.path.insert(0, str(Path.cwd()))
