"""What is hidden in logs and errors, and what is not."""

from __future__ import annotations

import json
import shlex
from urllib.parse import quote

import pytest
from zenml.step_operators import BaseStepOperatorConfig
from zenml_acme._core.lifecycle.masking import Mask

PEM = "\n".join(
    (
        "-----BEGIN PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
        "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu",
        "-----END PRIVATE KEY-----",
    )
)


@pytest.fixture
def mask() -> Mask:
    return Mask(BaseStepOperatorConfig())


def learn(mask: Mask, **environment: str) -> None:
    mask.learn("job", environment)


def test_a_secret_of_several_lines_is_hidden_line_by_line(mask: Mask) -> None:
    learn(mask, TLS=PEM)

    for line in PEM.splitlines()[1:3]:
        assert mask(f"read {line}!") == "read ***!"
    assert mask(PEM) == "***"


@pytest.mark.parametrize("escape", [json.dumps, repr, shlex.quote, quote])
@pytest.mark.parametrize("secret", ['a"b\\c\nd&e é', PEM, "p@ss w/ord'"])
def test_a_secret_is_hidden_as_it_is_escaped(mask: Mask, secret: str, escape: object) -> None:
    assert callable(escape)
    learn(mask, WHATEVER=secret)

    shown = mask(escape(secret))
    assert "***" in shown
    assert len(shown) <= len("'***'")


@pytest.mark.parametrize("start", range(1, 60, 7))
def test_a_text_may_begin_inside_a_secret(mask: Mask, start: int) -> None:
    line = PEM.splitlines()[1]
    learn(mask, TLS=PEM)

    assert mask(f"{line[start:]}\nwords", is_cut=True) == "***\nwords"


@pytest.mark.parametrize(
    "value",
    ["training", "eu-west-1", "resnet50", "/data/rows.csv", "s3://bucket/of/rows", "20261126"],
)
def test_an_ordinary_word_of_the_steps_own_settings_stays(mask: Mask, value: str) -> None:
    mask.learn("job", {"STAGE": value}, {"STAGE": value})

    assert mask(f"{value} failed") == f"{value} failed"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STAGE", "4f1d0c9a7be2"),
        ("DB_PASSWORD", "training"),
        ("API_KEY", "training"),
        ("DSN", "postgres/training"),
        ("ADDRESS", "postgres://me:secret@host/db"),
        ("STAGE", "canary-in-the-environment"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_wherever_it_stands(
    mask: Mask, name: str, value: str
) -> None:
    mask.learn("job", {name: value}, {name: value})

    assert mask(f"{value} failed") == "*** failed"


def test_a_word_that_zenml_hands_over_is_hidden(mask: Mask) -> None:
    # Secrets of the stack come so, under any name; they replace what a step has set.
    mask.learn("job", {"STAGE": "training"}, {"STAGE": "testing"})

    assert mask("training failed") == "*** failed"
