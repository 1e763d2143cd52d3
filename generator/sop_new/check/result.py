"""What `sop-new check` answers: a check, or each one's outcome and what is to be mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sop_new.printing import Result, commands

Outcome = Literal["passed", "failed", "skipped"]
SEVERITIES = ("fatal", "serious", "minor")
LOOKS: dict[Outcome, Text] = {
    "passed": Text("pass", style="green"),
    "failed": Text("FAIL", style="bold red"),
    "skipped": Text("skip", style="yellow"),
}


class Check(Result):
    """A demand on a step operator; also the answer of `sop-new check --explain`.

    Attributes:
        id: `SOP` and three digits.
        level: what it is about.
        severity: what its failure means: fatal, nothing runs; serious, steps, secrets or time are
            lost; minor, somebody is misled.
        demands: what must hold, in a sentence.
        why: what a user suffers otherwise.
        mend: what to do.
        test: file and function that check it; not told to other programs.
    """

    id: str
    level: str
    severity: Literal["fatal", "serious", "minor"]
    demands: str
    why: str
    mend: str
    test: str = Field(default="", exclude=True)

    def parts(self) -> Iterator[RenderableType]:
        """What it demands, why, and what to do."""
        yield Text(f"{self.id} ({self.level}, {self.severity})", style="bold")
        yield described(demands=self.demands, why=self.why, mend=self.mend)


class Checks(Result):
    """All demands on a step operator: the answer of `sop-new check --explain` without an id.

    Attributes:
        checks: sorted by id.
    """

    checks: list[Check]

    def parts(self) -> Iterator[RenderableType]:
        """A table by level."""
        for level in dict.fromkeys(check.level for check in self.checks):
            yield Text(f"\n{level}", style="bold")
            table = Table.grid(padding=(0, 2))
            for check in self.checks:
                if check.level == level:
                    table.add_row(f"  {check.id}", Text(check.severity), Text(check.demands))
            yield table


def described(**words: str) -> Table:
    """Texts beside what each of them says."""
    table = Table.grid(padding=(0, 1))
    for kind, text in words.items():
        table.add_row(Text(f"  {kind:8}", style="dim"), Text(text))
    return table


class Finding(Check):
    """A check, and how it came out.

    Attributes:
        outcome: passed, failed or skipped.
        said: what was seen of a failure, or why it was skipped.
        lacks: what would let it be looked at, where it was skipped for want of something; "" where
            it does not concern the operator, or somebody wanted it skipped.
    """

    outcome: Outcome
    said: str
    lacks: str = ""

    def parts(self) -> Iterator[RenderableType]:
        """What was seen, what was expected, why, and how to mend it."""
        yield Text(f"\n{self.id} ({self.level}, {self.severity})", style="bold red")
        yield described(seen=self.said, expected=self.demands, why=self.why, mend=self.mend)


class Report(Result):
    """The answer of `sop-new check`.

    Attributes:
        target: what was to be checked, as it was named.
        source: import path of the flavor's class.
        python: the interpreter that it was checked with.
        zenml: the version of ZenML that was there.
        passed: how many checks passed.
        failed: how many failed.
        skipped: how many were skipped.
        unseen: how many of these could not be looked at, for want of something.
        checks: all of them, by id.
        next: how to check again what failed, as lines for a shell.
    """

    target: str
    source: str
    python: str
    zenml: str
    passed: int
    failed: int
    skipped: int
    unseen: int
    checks: list[Finding]
    next: list[str]

    @property
    def by_level(self) -> dict[str, list[Finding]]:
        """The checks of each level."""
        levels = dict.fromkeys(finding.level for finding in self.checks)
        return {level: [each for each in self.checks if each.level == level] for level in levels}

    @property
    def failures(self) -> list[Finding]:
        """Those that failed, in the order of their harm."""
        failed = [finding for finding in self.checks if finding.outcome == "failed"]
        return sorted(failed, key=lambda finding: SEVERITIES.index(finding.severity))

    @property
    def lacking(self) -> dict[tuple[str, str], list[str]]:
        """The ids of what could not be looked at, by the reason, and what would help."""
        found: dict[tuple[str, str], list[str]] = {}
        for finding in self.checks:
            if finding.lacks:
                found.setdefault((finding.said, finding.lacks), []).append(finding.id)
        return found

    @property
    def score(self) -> str:
        """How many checks were looked at, and how they came out, in words."""
        looked = self.passed + self.failed
        parts = [f"{self.passed} passed", f"{self.failed} failed"]
        if spared := self.skipped - self.unseen:
            parts.append(f"{spared} skipped")
        if self.unseen:
            parts.append(f"{self.unseen} not looked at")
        return f"{looked} of {len(self.checks)} checks looked at: {', '.join(parts)}."

    def parts(self) -> Iterator[RenderableType]:
        """A table by level, the failures in the order of their harm, and the score."""
        yield Text(f"{self.source}, on ZenML {self.zenml}")
        told: dict[str, str] = {}
        for level, findings in self.by_level.items():
            yield Text(f"\n{level}", style="bold")
            yield self._table(findings, told)
        for finding in self.failures:
            yield from finding.parts()
        for (why, remedy), ids in self.lacking.items():
            more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
            yield Text(f"\nnot looked at: {ids[0]}{more}", style="bold yellow")
            yield described(since=why, remedy=remedy)
        yield Text(f"\n{self.score}", style="bold")
        if self.next:
            yield Text("\nWhen mended:\n")
            yield commands(self.next)

    def _table(self, findings: Sequence[Finding], told: dict[str, str]) -> Table:
        """A level's checks; a reason that one before has told is not told again."""
        table = Table.grid(padding=(0, 2))
        for finding in findings:
            cell = Text(finding.demands)
            if finding.outcome == "skipped":
                first = told.setdefault(finding.said, finding.id)
                reason = finding.said if first == finding.id else f"as {first}"
                cell.append(f"\n({reason})", style="dim")
            table.add_row(f"  {finding.id}", LOOKS[finding.outcome], cell)
        return table
