"""Writes what `make test-zenml` has run into docs/zenml-versions.md, or checks that page."""

import re
import sys
from collections.abc import Sequence

from tests.template.environments import RUNNING
from tests.template.rendering import REPOSITORY
from tests.zenml.outcomes import Outcome, outcome
from tests.zenml.versions import CONTRACT, CORE, LIFECYCLE, ONCE, OWN, Row, rows

PAGE = REPOSITORY / "docs" / "zenml-versions.md"
SHOWN = {
    "the core's unit tests": tuple(CORE),
    "projects' own tests": OWN,
    "the contract": (CONTRACT,),
    "lifecycle": (LIFECYCLE, ONCE),
}
HEAD = ("ZenML", "Python", *SHOWN, "left out, since this ZenML")

Cells = tuple[str, ...]


def documented() -> list[Cells]:
    """The rows of the table as it stands in the page."""
    lines = re.findall(r"^\| (\d.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [tuple(line.split(" | ")) for line in lines]


def seen(row: Row) -> Cells:
    """What was run of a row."""
    outcomes = {suite: outcome(row, suite) for suite in row.suites}
    cells = [_cell([outcomes[each] for each in due if each in outcomes]) for due in SHOWN.values()]
    gaps = {gap for came_out in outcomes.values() if came_out for gap in came_out.gaps}
    return row.release.version, row.python, *cells, "; ".join(sorted(gaps)) or "nothing"


def _cell(outcomes: Sequence[Outcome | None]) -> str:
    return "pass" if outcomes and all(outcomes) else "not run"


def write() -> None:
    lines = [
        _line(HEAD),
        "|---" * len(HEAD) + "|",
        *(_line(seen(row)) for row in rows(RUNNING)),
    ]
    page = PAGE.read_text(encoding="utf-8")
    table = re.compile(r"(^\|.*\n)+", re.MULTILINE)
    PAGE.write_text(table.sub("\n".join(lines) + "\n", page, count=1), encoding="utf-8")


def check() -> None:
    """Compare what was run on this machine; an older release may run on another Python here."""
    shown = [(version, *rest) for version, _, *rest in documented()]
    for row in rows(RUNNING):
        version, _, *rest = seen(row)
        if "pass" in rest and (version, *rest) not in shown:
            sys.exit(f"{PAGE.name} does not show what was run on {row}: `make zenml-table`")


def _line(cells: Cells) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    check() if "--check" in sys.argv else write()
