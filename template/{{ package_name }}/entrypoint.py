"""The entrypoint of a step that runs on a host, in a folder of its own."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace
from typing import Any

from zenml.entrypoints import step_entrypoint_configuration
from zenml.step_operators.step_operator_entrypoint_configuration import (
    StepOperatorEntrypointConfiguration,
)


class HostEntrypointConfiguration(StepOperatorEntrypointConfiguration):
    """Runs the step where it stands: `bootstrap.py` has brought the code there.

    ZenML's own version creates /app, changes into it, and fetches the code: on a host
    that fails for anyone but root (ZenML 0.98, entrypoints/
    base_entrypoint_configuration.py).
    """

    def prepare_code_environment(self) -> None:
        """Make the code in the current folder importable."""
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as a string

    def run(self) -> None:
        """Run the step.

        ZenML before 0.93 has no `prepare_code_environment`: its `run` makes for /app
        itself, by what its module knows as `os`.
        """
        if not hasattr(super(), "prepare_code_environment"):
            vars(step_entrypoint_configuration)["os"] = SimpleNamespace(
                makedirs=lambda *_, **__: None,
                chdir=lambda _: None,
                getcwd=os.getcwd,
            )
        super().run()

    def download_code_if_necessary(self, *_: Any, **__: Any) -> None:
        """Fetch nothing; called by ZenML before 0.93."""
