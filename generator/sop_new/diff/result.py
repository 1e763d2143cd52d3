"""What `sop-new diff` answers: the files that their owner has changed, and the changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sop_new.printing import Result, coloured
from sop_new.projects.project import Part, parts_counted

LOOKS = {"changed": "cyan", "deleted": "red", "renamed": "yellow"}


class Difference(BaseModel):
    """What became of a file that was generated.

    Attributes:
        path: the file, as it is called now or was called last.
        change: what became of it.
        part: whose it is.
        was: what it was called, if it was renamed.
    """

    path: str
    change: Literal["changed", "deleted", "renamed"]
    part: Part
    was: str | None


class Differences(Result):
    """The answer of `sop-new diff`.

    Attributes:
        project: absolute path of the project.
        version: the version of the template that the project has.
        team_version: the same of the team's template, if there is one.
        files: what was changed, the core's files first.
        diff: the changes, as a unified diff in the same order.
    """

    project: str
    version: str
    team_version: str | None
    files: list[Difference]
    diff: str

    @property
    def paged(self) -> bool:
        """Whether it may be longer than a screen."""
        return True

    def parts(self) -> Iterator[RenderableType]:
        """The diff, the files, and what to do about those of the core."""
        both = f" and version {self.team_version} of the team's" if self.team_version else ""
        if not self.files:
            made = f"version {self.version} of the template{both}"
            yield Text(f"Nothing: what was generated is as {made} makes it.")
            return
        yield from map(coloured, self.diff.splitlines())
        table = Table.grid(padding=(0, 2))
        for file in self.files:
            was = f"{file.was} → " if file.was else ""
            change = Text(file.change, style=LOOKS[file.change])
            table.add_row("", change, Text(f"{was}{file.path}"))
        yield table
        parts = [file.part for file in self.files]
        told = f"\n{parts_counted(parts)} differ from version {self.version}{both}."
        if "core" in parts:
            told += (
                " Each update has to merge those in _core: override a method in operator.py "
                "instead, where one will do."
            )
        yield Text(told)
