"""What `sop-new update` answers: what changed in which file, and whether something is newer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sop_new.output import Result, commands

LINES = {"+++": "bold", "---": "bold", "diff": "bold", "@@": "cyan", "+": "green", "-": "red"}
LOOKS = {"added": "green", "changed": "cyan", "deleted": "red", "conflict": "bold red"}


def coloured(line: str) -> Text:
    """A line of a diff."""
    looks = (look for start, look in LINES.items() if line.startswith(start))
    return Text(line, style=next(looks, ""))


class FileChange(BaseModel):
    """What becomes of a file of the project."""

    path: str
    change: Literal["added", "changed", "deleted", "conflict"]


class Checked(Result):
    """The answer of `sop-new update --check`.

    Attributes:
        project: absolute path of the project.
        template: the template that it was made from.
        version: the version of the template that the project has.
        newest: the newest version that this sop-new knows.
        outdated: whether that one is newer.
    """

    project: str
    template: str
    version: str
    newest: str
    outdated: bool

    def parts(self) -> Iterator[RenderableType]:
        """Both versions, and what to do."""
        if not self.outdated:
            yield Text(f"Up to date: the project has version {self.version} of the template.")
            return
        yield Text(f"The project has version {self.version} of the template, and {self.newest} is")
        yield Text("newer. To see what it would change, and to take it:\n")
        yield commands(["sop-new update --diff", "sop-new update"])


class Updated(Result):
    """The answer of `sop-new update`.

    Attributes:
        project: absolute path of the project.
        dry_run: nothing was written.
        version: the version of the template that the project had.
        newest: the version that it has been updated to.
        files: what changed, by path.
        conflicts: the files in which both the owner and the template changed the same lines.
        diff: all changes, as a unified diff.
        next: what to run next, as lines for a shell.
    """

    project: str
    dry_run: bool
    version: str
    newest: str
    files: list[FileChange]
    conflicts: list[str]
    diff: str
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
            table.add_row("", Text(file.change, style=LOOKS[file.change]), Text(file.path))
        yield table
        done = "would go" if self.dry_run else "went"
        if self.newest != self.version:
            yield Text(f"\nThe template {done} from {self.version} to {self.newest}.")
        if self.conflicts:
            told = "Where both of you changed the same lines, both stand between markers in"
            yield Text(f"\n{told} {', '.join(self.conflicts)}.", style="bold red")
        yield Text("\nWhat next:\n")
        yield commands(self.next)
