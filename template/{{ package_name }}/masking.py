"""Keeps secrets out of logs and errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

SECRET_NAME = re.compile("TOKEN|SECRET|PASSWORD|CREDENTIAL|KEY", re.IGNORECASE)

SHORTEST = 6
"""Shorter values are words and numbers: masking them would garble every log."""


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


def mask(text: str, secrets: Iterable[str]) -> str:
    """Replace secrets in a text, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
