"""What `sop-new update` answers: what changed in which file, and whether something is newer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sop_new.printing import Result, coloured, commands
from sop_new.projects.project import Part, parts_counted
from sop_new.update.news import Entry, NewQuestion

LOOKS = {"added": "green", "changed": "cyan", "deleted": "red", "conflict": "bold red"}


class FileChange(BaseModel):
    """What becomes of a file of the project.

    Attributes:
        path: the file.
        change: what becomes of it.
        part: whose it is; None for the answers, which are nobody's to edit.
        layer: whose file it is in the templates, where a project has a team's above the base's.
    """

    path: str
    change: Literal["added", "changed", "deleted", "conflict"]
    part: Part | None
    layer: Literal["base", "team"] | None


class TeamVersions(BaseModel):
    """The team's template over the base's.

    Attributes:
        template: the template that the project was made from.
        version: the version of it that the project has; None if it had none of a team so far.
        newest: the version that it is to have.
    """

    template: str
    version: str | None
    newest: str


class Checked(Result):
    """The answer of `sop-new update --check`.

    Attributes:
        project: absolute path of the project.
        template: the template that it was made from.
        version: the version of the template that the project has.
        newest: the newest version that this sop-new knows, or that the team builds on.
        team: the same of the team's template, if there is one.
        outdated: whether something is newer.
        changelog: what the templates' changelogs say of what is newer.
        unmerged: the files with conflicts of an earlier update, for git, that are still open.
    """

    project: str
    template: str
    version: str
    newest: str
    team: TeamVersions | None
    outdated: bool
    changelog: list[Entry]
    unmerged: list[str]

    def parts(self) -> Iterator[RenderableType]:
        """All versions, and what to do."""
        if self.unmerged:
            yield Text("Conflicts are not resolved yet:\n", style="bold red")
            yield Text("".join(f"  {path}\n" for path in self.unmerged))
        both: dict[str, tuple[str | None, str]] = {"the template": (self.version, self.newest)}
        if self.team:
            both["the team's template"] = (self.team.version, self.team.newest)
        if not self.outdated:
            had = " and ".join(f"version {version} of {of}" for of, (version, _) in both.items())
            yield Text(f"Up to date: the project has {had}.")
            return
        for of, (version, newest) in both.items():
            if version != newest:
                yield Text(f"The project has version {version} of {of}, and {newest} is newer.")
        yield from _told(self.changelog)
        yield Text("To see what would change, and to change it:\n")
        yield commands(["sop-new update --diff", "sop-new update"])


def _told(changelog: list[Entry]) -> Iterator[RenderableType]:
    heading = None
    for entry in changelog:
        if heading != (heading := (entry.template, entry.version, entry.kind)):
            whose = "the team's template" if entry.template == "team" else "the template"
            kind = f", {entry.kind.lower()}" if entry.kind else ""
            yield Text(f"\n{entry.version} of {whose}{kind}:", style="bold")
        yield Padding(Text(f"- {entry.text}"), (0, 0, 0, 2))
    if changelog:
        yield Text()


class Updated(Result):
    """The answer of `sop-new update`.

    Attributes:
        project: absolute path of the project.
        dry_run: nothing was written.
        version: the version of the template that the project had.
        newest: the version that it has been updated to.
        team: the same of the team's template, if there is one.
        files: what changed, by path.
        conflicts: the files in which both the owner and the template changed the same lines.
        left: the files that the template has no more, and that stay since their owner changed them.
        diff: all changes, as a unified diff.
        questions: those that are new, and were answered by the template's defaults.
        changelog: what the templates' changelogs say of what came.
        next: what to run next, as lines for a shell.
    """

    project: str
    dry_run: bool
    version: str
    newest: str
    team: TeamVersions | None
    files: list[FileChange]
    conflicts: list[str]
    left: list[str]
    diff: str
    questions: list[NewQuestion]
    changelog: list[Entry]
    next: list[str]

    @property
    def paged(self) -> bool:
        """Whether it may be longer than a screen."""
        return self.dry_run

    def parts(self) -> Iterator[RenderableType]:
        """What changed, the conflicts, and what to do next."""
        if not self.files:
            yield Text(f"Nothing to do: the project is what version {self.newest} makes of it.")
            return
        if self.dry_run:
            yield from map(coloured, self.diff.splitlines())
        table = Table.grid(padding=(0, 2))
        for file in self.files:
            kind = Text(file.change, style=LOOKS[file.change])
            layer = [Text(file.layer or "")] if self.team else []
            table.add_row("", kind, *layer, Text(file.path))
        yield table
        told = [f"{parts_counted([file.part for file in self.files])}."]
        done = "would go" if self.dry_run else "went"
        if self.newest != self.version:
            told.append(f"The template {done} from {self.version} to {self.newest}.")
        if self.team and self.team.newest != self.team.version:
            came = f"from {self.team.version} to" if self.team.version else "over it, at"
            told.append(f"The team's {done} {came} {self.team.newest}.")
        if self.conflicts:
            both = "Where both of you changed the same lines, both stand between markers in"
            told.append(f"{both} {', '.join(self.conflicts)}.")
        if self.left:
            gone = "You have changed what the template has no more, and what may not be used now:"
            told.append(f"{gone} {', '.join(self.left)}.")
        yield Text("\n" + "\n".join(told), style="bold red" if self.conflicts else "")
        yield from _told(self.changelog)
        yield from self._asked()
        yield Text("\nWhat next:\n")
        yield commands(self.next)

    def _asked(self) -> Iterator[RenderableType]:
        # An answer alone would be one to the version that the project still has.
        newest = self.team.newest if self.team else self.newest
        ref = f" --ref {newest}" if self.dry_run else ""
        for question in self.questions:
            told = f"New question {question.name} = {question.answer}"
            yield Text(f"{told}; change it with -d {question.name}=…{ref}", style="bold")
            about = (question.help, ", ".join(question.choices))
            yield from (Text(f"  {part}") for part in about if part)
