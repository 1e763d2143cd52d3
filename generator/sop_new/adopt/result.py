"""What `sop-new adopt` answers: where each answer comes from, and what becomes of each file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from typing import Literal

from pydantic import BaseModel
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sop_new.printing import Result, coloured, commands

Standing = Literal["added", "offered", "unfit", "yours", "same"]


class AnswerFound(BaseModel):
    """An answer, and where it comes from: "in pyproject.toml", "by default"."""

    name: str
    value: str
    origin: str


class TemplateFile(BaseModel):
    """A file of the template.

    Attributes:
        path: where it is in the template.
        standing: added, offered, not fit for the project, or there already with another or the
            same content.
        why: why it is not fit.
    """

    path: str
    standing: Standing
    why: str | None = None


class Adopted(Result):
    """The answer of `sop-new adopt`.

    Attributes:
        project: absolute path of the project.
        dry_run: nothing was written.
        template: the template's repository or folder.
        version: the template's tag or commit.
        answers: the answers, in the order of the questions.
        files: what the template has, by path.
        notes: what is good to know before files are added.
        diff: what is added; if no file was asked for, all that could be. A unified diff.
        next: what to run next, as lines for a shell.
    """

    project: str
    dry_run: bool
    template: str
    version: str
    answers: list[AnswerFound]
    files: list[TemplateFile]
    notes: list[str]
    diff: str
    next: list[str]

    @property
    def paged(self) -> bool:
        """Whether it may be longer than a screen."""
        return self.dry_run

    def parts(self) -> Iterator[RenderableType]:
        """The diff, the answers, the files, and what to do next."""
        if self.dry_run:
            yield from map(coloured, self.diff.splitlines())
            yield Text()
        table = Table.grid(padding=(0, 2))
        for answer in self.answers:
            cells = (Text(answer.name, style="bold"), Text(answer.value))
            table.add_row("", *cells, Text(answer.origin, style="dim"))
        yield table
        yield from self._paths("added", "Would be added" if self.dry_run else "Added")
        yield from self._paths("yours", "Yours, and left alone, though the template has one, too")
        yield from self._paths("offered", "The template has more, which --add PATH adds")
        for note in self.notes:
            yield Text(f"\nNote: {note}")
        yield Text("\nNothing was written. What next:\n" if self.dry_run else "\nWhat next:\n")
        yield commands(self.next)

    def _paths(self, standing: Standing, title: str) -> Iterator[Text]:
        paths = [file.path for file in self.files if file.standing == standing]
        if not paths:
            return
        yield Text(f"\n{title}:\n")
        if standing == "yours":
            yield from (Text(f"  {path}") for path in paths)
            return
        # Dozens of files of a folder are told by its name.
        for _, below in groupby(paths, lambda path: path.partition("/")[0]):
            group = list(below)
            common = os.path.commonpath(group)
            if group == [common]:
                yield Text(f"  {common}")
            else:
                yield Text.assemble(f"  {common}/", (f"  {len(group)} files", "dim"))
