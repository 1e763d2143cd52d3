"""What who waits for a step is told of its job."""

import logging
import time
from typing import Any, cast
from uuid import uuid4

import pytest
from zenml_acme._core.engine import JobState, Phase
from zenml_acme._core.lifecycle.reconciling import Reconciler

NOON = time.mktime((2030, 1, 20, 12, 0, 0, 0, 0, -1))
HOUR = 3600


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ([("", None)], []),
        ([("Priority", None)] * 3, ["Priority"]),
        ([("Priority", None), ("Resources", None)], ["Priority", "Resources"]),
        (
            [("Priority", None), ("Priority", NOON)],
            ["Priority", "Priority; expected to start at 2030-01-20 12:00"],
        ),
        ([("", NOON)], ["it waits; expected to start at 2030-01-20 12:00"]),
        # It creeps, second by second, and is told an hour later.
        (
            [("Resources", NOON + second) for second in range(0, HOUR + 60, 30)],
            [
                "Resources; expected to start at 2030-01-20 12:00",
                "Resources; expected to start at 2030-01-20 13:00",
            ],
        ),
        (
            [("Resources", NOON), ("Resources", NOON - HOUR)],
            [
                "Resources; expected to start at 2030-01-20 12:00",
                "Resources; expected to start at 2030-01-20 11:00",
            ],
        ),
        # It is told again when it comes back, but not that it is gone.
        (
            [("Resources", NOON), ("Resources", None), ("Resources", NOON + 1)],
            ["Resources; expected to start at 2030-01-20 12:00"],
        ),
    ],
)
def test_a_reason_is_told_when_it_changes_and_an_expected_start_when_it_moves(
    seen: list[tuple[str, float | None]], told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    reconciler = Reconciler(cast(Any, None), 60)
    step = uuid4()
    with caplog.at_level(logging.INFO):
        for reason, start in seen:
            state = JobState(Phase.PENDING, None, reason, {}, start)
            reconciler.status(step, cast(Any, None), state, lambda: None)

    said = [message for message in caplog.messages if "is pending" in message]
    assert said == [f"Step run {step} is pending: {why}" for why in told]
