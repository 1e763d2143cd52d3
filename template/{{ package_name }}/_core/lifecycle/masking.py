"""Keeps secrets out of logs and errors."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from zenml.stack import StackComponentConfig

SECRET_NAME = re.compile(
    "AUTH|COOKIE|CREDENTIAL|DSN|KEY|PASS|PRIVATE|PWD|SALT|SECRET|SIGNATURE|TOKEN",
    re.IGNORECASE,
)

SHORTEST = 6
"""Shorter values are words and numbers: masking them would garble every log."""

WORD = re.compile(r"[^\W\d_]{1,20}\d{0,4}|\d{1,8}")
"""Also such as python3 and resnet50."""


class Mask:
    """Knows the secrets of a component and of the jobs that it submitted."""

    def __init__(self, config: StackComponentConfig) -> None:
        """Learn the secrets of a component's configuration."""
        self._of_config = _forms(_secrets_of(config))
        self._of_jobs: dict[str, set[str]] = {}

    def learn(
        self,
        job: str,
        environment: Mapping[str, str],
        chosen: Mapping[str, object] | None = None,
    ) -> None:
        """Learn the secrets of a job's environment.

        Args:
            job: The job's name.
            environment: The job's environment.
            chosen: What of it stands in the step's own Docker settings, where ZenML
                shows it to everybody: ordinary words of these are none.
        """
        self._of_jobs[job] = _forms(secrets_in(environment, chosen or {}))

    def knows(self, job: str) -> bool:
        """Tell whether what this job says can be shown."""
        return job in self._of_jobs

    def __call__(self, text: object, is_cut: bool = False) -> str:
        """Replace secrets in a text, the longest first.

        Args:
            text: The text.
            is_cut: Whether it is the end of a longer one: it may begin inside a secret.
        """
        masked = str(text)
        secrets = self._of_config.union(*self._of_jobs.values())
        if is_cut:
            masked = _without_rest(masked, secrets)
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


def secrets_in(
    environment: Mapping[str, str], chosen: Mapping[str, object]
) -> set[str]:
    """Return the values of a step's environment that must not be seen.

    ZenML mixes the stack's secrets, under any name, into the environment: only its own
    variables are known to be harmless, and not all of them.
    """
    return {
        value
        for name, value in environment.items()
        if len(value) >= SHORTEST
        and (not name.startswith("ZENML_") or SECRET_NAME.search(name))
        and not (str(chosen.get(name)) == value and _is_ordinary(name, value))
    }


def _is_ordinary(name: str, value: str) -> bool:
    """Tell whether a value is a word, a number or a path, and bears a harmless name."""
    if SECRET_NAME.search(name) or "@" in value:
        return False
    words = re.findall(r"[^\W_]+", value)
    looks_so = len(value) <= 16 or "/" in value
    return looks_so and all(WORD.fullmatch(word) for word in words)


def _forms(secrets: Iterable[str]) -> set[str]:
    """Return what gives secrets away: also line by line, and as they are escaped."""
    found, whole = set(), set(secrets)
    for secret in whole:
        lines = (line.strip() for line in secret.splitlines())
        parts = (line for line in lines if not _is_ordinary("", line))
        for each in {secret, *parts}:
            found |= {each, json.dumps(each)[1:-1], repr(each)[1:-1]}
            found |= {json.dumps(each, ensure_ascii=False)[1:-1], shlex.quote(each)}
            found |= {quote(each), quote(each, safe=""), quote_plus(each)}
    return whole | {form for form in found if len(form) >= SHORTEST}


def _without_rest(text: str, secrets: Iterable[str]) -> str:
    """Replace what a text begins with, if a secret ends so."""
    longest = 0
    for secret in secrets:
        for start in range(1, len(secret)):
            rest = len(secret) - start
            if rest > longest and text.startswith(secret[start:]):
                longest = rest
    return f"***{text[longest:]}" if longest else text


def _secrets_of(config: StackComponentConfig) -> set[str]:
    from zenml.utils.secret_utils import is_secret_field

    fields = type(config).model_fields
    secret = (name for name, field in fields.items() if is_secret_field(field))
    # Through the attribute, where ZenML resolves references such as {{secret.key}}.
    values = (getattr(config, name) for name in secret)
    return {str(value) for value in values if value}
