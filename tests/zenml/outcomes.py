"""What came out of a suite that ran in the environment of a row: pytest's own report, kept."""

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


def report(row: Row, suite: str) -> Path:
    """Where pytest leaves its report on a suite, as JUnit's XML."""
    return CACHE / "zenml" / str(row) / f"{suite}.xml"


def outcome(row: Row, suite: str) -> Outcome | None:
    """What came out of a suite; None if it has failed or was not run."""
    path = report(row, suite)
    if not path.exists():
        return None
    tree = ElementTree.parse(path)
    if any(True for kind in ("failure", "error") for _ in tree.iter(kind)):
        return None
    reasons = [skip.get("message", "") for skip in tree.iter("skipped")]
    gaps = {reason: gap(reason, row.release) for reason in reasons}
    return Outcome(
        passed=len(list(tree.iter("testcase"))) - len(reasons),
        gaps=frozenset(filter(None, gaps.values())),
        skipped=tuple(reason for reason in reasons if not gaps[reason]),
    )


def gap(reason: str, release: Release) -> str:
    """The end of a sentence like "ZenML 0.94.6 has no command steps"; the newest has no gap."""
    start = f"ZenML {release.version} "
    return reason.removeprefix(start) if reason.startswith(start) and release != NEWEST else ""
