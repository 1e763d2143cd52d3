"""Writes docs/scoreboard.md from what the contract found of ZenML's own, or checks that page."""

import sys
from collections.abc import Iterator
from pathlib import Path

from sop_new.check.catalogue import checks
from sop_new.check.result import Report

from tests.shipped import live
from tests.shipped.operators import OPERATORS, Shipped
from tests.template.environments import CACHE
from tests.template.rendering import REPOSITORY
from tests.zenml.versions import NEWEST

PAGE = REPOSITORY / "docs" / "scoreboard.md"

INTRODUCTION = f"""\
# Scoreboard

What the levels structure and config of [the contract](contract.md) find of the step operators that
ZenML {NEWEST.version} ships, each beside the SDK that it imports. A check that does not concern an
operator is skipped: ZenML documents its own flavors and knows what they require; some have no
secrets, or no settings.

`make test-contract` judges them and fails where this page differs; `make scoreboard` writes it from
what was found.

| integration | flavor | passed | skipped | found |
|---|---|---|---|---|
"""

LIVE = """
What all levels find, with real steps on the engine itself, where `make engines` starts one;
`make test-engines` fails where it finds something else.

| integration | engine | date | passed | skipped | found |
|---|---|---|---|---|---|
"""


def kept(operator: Shipped) -> Path:
    """Where the report on an operator is kept, as JSON."""
    return CACHE / "shipped" / f"{operator.integration}.json"


def page() -> str:
    reports = {
        operator: Report.model_validate_json(kept(operator).read_bytes())
        for operator in OPERATORS
        if kept(operator).exists()
    }
    if len(reports) < len(OPERATORS):
        sys.exit("Not every operator was judged: run `make test-contract`.")
    return INTRODUCTION + "".join(
        [
            *(row(operator, report) for operator, report in reports.items()),
            LIVE,
            *map(live_row, OPERATORS),
            *legend(
                {id for report in reports.values() for id in found(report)}
                | {id for one in live.record().values() for id in one.found}
            ),
        ]
    )


def found(report: Report) -> list[str]:
    return [check.id for check in report.checks if check.outcome == "failed"]


def row(operator: Shipped, report: Report) -> str:
    return (
        f"| {operator.integration} | `{operator.flavor}` "
        f"| {report.passed} | {report.skipped} | {links(found(report))} |\n"
    )


def live_row(operator: Shipped) -> str:
    one = live.record().get(operator.integration)
    if not one:
        return ""
    return (
        f"| {operator.integration} | {one.engine} | {one.day} "
        f"| {one.passed} | {one.skipped} | {links(one.found)} |\n"
    )


def links(ids: list[str]) -> str:
    return ", ".join(f"[{id}](contract.md#{id.lower()})" for id in ids) or "nothing"


def legend(ids: set[str]) -> Iterator[str]:
    yield "\n"
    for check in checks():
        if check.id in ids:
            yield f"- {check.id} ({check.severity}): {check.demands}\n"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        live.take_over()
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit(f"{PAGE.name} does not show what was found: `make scoreboard`")
