"""Writes the table of docs/zenml-versions.md from what `make test-zenml` has run."""

import re

from tests.template.environments import RUNNING
from tests.template.rendering import REPOSITORY
from tests.zenml.outcomes import LIFECYCLE, OWN, outcome
from tests.zenml.versions import Row, rows

PAGE = REPOSITORY / "docs" / "zenml-versions.md"
HEAD = ("ZenML", "Python", "a project's own tests", "lifecycle", "left out, since this ZenML")

Cells = tuple[str, ...]


def documented() -> list[Cells]:
    """The rows of the table as it stands in the page."""
    lines = re.findall(r"^\| (\d.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [tuple(line.split(" | ")) for line in lines]


def seen(row: Row) -> Cells:
    """What was run of a row: its cells after the versions."""
    ran = [outcome(row, suite) for suite in (OWN, LIFECYCLE)]
    gaps = sorted({gap for suite in ran if suite for gap in suite.gaps})
    return *("pass" if suite else "not run" for suite in ran), "; ".join(gaps) or "nothing"


def main() -> None:
    lines = [
        _line(*HEAD),
        "|---" * len(HEAD) + "|",
        *(_line(row.release.version, row.python, *seen(row)) for row in rows(RUNNING)),
    ]
    page = PAGE.read_text(encoding="utf-8")
    table = re.compile(r"(^\|.*\n)+", re.MULTILINE)
    PAGE.write_text(table.sub("\n".join(lines) + "\n", page, count=1), encoding="utf-8")


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
