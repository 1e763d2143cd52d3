"""Keeps secrets out of logs and errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zenml.stack import StackComponentConfig

SECRET_NAME = re.compile("TOKEN|SECRET|PASSWORD|CREDENTIAL|KEY", re.IGNORECASE)

SHORTEST = 6
"""Shorter values are words and numbers: masking them would garble every log."""


class Mask:
    """Knows the secrets of a component and of the jobs that it submitted."""

    def __init__(self, config: StackComponentConfig) -> None:
        """Learn the secrets of a component's configuration."""
        self._of_config = _secrets_of(config)
        self._of_jobs: dict[str, set[str]] = {}

    def learn(self, job: str, environment: Mapping[str, str]) -> None:
        """Learn the secrets of a job's environment."""
        self._of_jobs[job] = secrets_in(environment)

    def knows(self, job: str) -> bool:
        """Tell whether what this job says can be shown."""
        return job in self._of_jobs

    def __call__(self, text: object) -> str:
        """Replace secrets in a text, the longest first."""
        masked = str(text)
        secrets = self._of_config.union(*self._of_jobs.values())
        for secret in sorted(secrets, key=len, reverse=True):
            masked = masked.replace(secret, "***")
        return masked

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Let no error pass whose text holds secrets: ZenML logs what is raised.

        Raises:
            RuntimeError: Instead of such an error.
        """
        try:
            yield
        except Exception as error:
            masked = self(error)
            if masked == str(error):
                raise
            raise RuntimeError(masked) from None


def secrets_in(environment: Mapping[str, str]) -> set[str]:
    """Return the values of a step's environment that must not be seen.

    ZenML mixes the stack's secrets, under any name, into the environment: only its own
    variables are known to be harmless, and not all of them.
    """
    return {
        value
        for name, value in environment.items()
        if len(value) >= SHORTEST
        and (not name.startswith("ZENML_") or SECRET_NAME.search(name))
    }


def _secrets_of(config: StackComponentConfig) -> set[str]:
    from zenml.utils.secret_utils import is_secret_field

    fields = type(config).model_fields
    secret = (name for name, field in fields.items() if is_secret_field(field))
    # Through the attribute, where ZenML resolves references such as {{secret.key}}.
    values = (getattr(config, name) for name in secret)
    return {str(value) for value in values if value}
