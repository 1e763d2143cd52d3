"""What came out of a suite that ran in the environment of a row: pytest's own reports, kept."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.template.environments import CACHE
from tests.zenml.versions import NEWEST, Release, Row


@dataclass(frozen=True)
class Outcome:
    """What came out of a suite that has not failed."""

    passed: int
    gaps: frozenset[str]
    """What tests were skipped for, since this release of ZenML falls short of it."""
    skipped: tuple[str, ...]
    """Why the others were skipped."""


def reports(row: Row, suite: str) -> Path:
    """Where pytest leaves its reports on a suite, as JUnit's XML: run by itself or by `sop-new`."""
    return CACHE / "zenml" / str(row) / suite


def skips(report: ElementTree.Element) -> list[str]:
    """Why tests were skipped, as a report says."""
    return [skip.get("message", "") for skip in report.iter("skipped")]


def outcome(row: Row, suite: str) -> Outcome | None:
    """What came out of a suite; None if it has failed or was not run."""
    trees = [
        ElementTree.parse(path).getroot() for path in sorted(reports(row, suite).glob("*.xml"))
    ]
    if not trees or any(
        True for tree in trees for kind in ("failure", "error") for _ in tree.iter(kind)
    ):
        return None
    reasons = [why for tree in trees for why in skips(tree)]
    gaps = {reason: gap(reason, row.release) for reason in reasons}
    return Outcome(
        passed=sum(1 for tree in trees for _ in tree.iter("testcase")) - len(reasons),
        gaps=frozenset(filter(None, gaps.values())),
        skipped=tuple(reason for reason in reasons if not gaps[reason]),
    )


def gap(reason: str, release: Release) -> str:
    """The end of a sentence like "ZenML 0.94.6 has no command steps"; the newest has no gap."""
    start = f"ZenML {release.version} "
    return reason.removeprefix(start) if reason.startswith(start) and release != NEWEST else ""
