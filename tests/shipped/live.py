"""What all levels of the contract found of ZenML's operators on real engines.

Few machines have these engines, so it is kept here with its date. The tests on engines compare it
with what they find, and `make scoreboard` takes over what they have found last.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from pydantic import BaseModel, TypeAdapter
from sop_new.check.result import Report

from tests.shipped.operators import Shipped
from tests.template.environments import CACHE

RECORD = Path(__file__).with_name("live.json")
KEPT = CACHE / "shipped-live"


class Live(BaseModel):
    """What was found of an operator, where and when."""

    day: date
    engine: str
    passed: int
    skipped: int
    found: list[str]


def keep(operator: Shipped, engine: str, report: Report) -> Live:
    """Keep a report for `make scoreboard`."""
    live = Live(
        day=date.today(),
        engine=engine,
        passed=report.passed,
        skipped=report.skipped,
        found=[check.id for check in report.checks if check.outcome == "failed"],
    )
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{operator.integration}.json").write_text(live.model_dump_json(), encoding="utf-8")
    return live


def record() -> dict[str, Live]:
    """What is kept here, by the integration that an operator is part of."""
    return TypeAdapter(dict[str, Live]).validate_json(RECORD.read_bytes())


def take_over() -> None:
    """Take over what the tests on engines have kept."""
    newer = {file.stem: Live.model_validate_json(file.read_bytes()) for file in KEPT.glob("*.json")}
    content = {name: live.model_dump(mode="json") for name, live in (record() | newer).items()}
    RECORD.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
