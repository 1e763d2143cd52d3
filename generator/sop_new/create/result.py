"""What `sop-new DEST` and `sop-new backends` answer."""

from __future__ import annotations

import shlex
from collections.abc import Container, Iterator
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sop_new.printing import Result, commands, counted, tree
from sop_new.projects.project import CORE, part_of


class OfTeam(BaseModel):
    """The team's template that a project was made from.

    Attributes:
        name: of the team.
        template: the template's repository or folder.
        version: the template's tag or commit.
    """

    name: str
    template: str
    version: str | None


ENGINE_CONTRACT = "tests/engine_contract"
"""What any engine has to promise, and `facts.py`, which tells it of this one."""


class Created(Result):
    """The answer of `sop-new DEST`.

    Attributes:
        destination: absolute path of the project.
        dry_run: nothing was written.
        template: the template's repository or folder.
        version: the template's tag or commit; None if it has no history.
        team: the team's template over it, if there is one.
        answers: the answers that the project was made from, by question.
        files: paths below the destination, with slashes, sorted.
        notes: what does not work where it is, and what to do about it.
        next: what to run next, as lines for a shell.
    """

    destination: str
    dry_run: bool
    template: str
    version: str | None
    team: OfTeam | None
    answers: dict[str, Any]
    files: list[str]
    notes: list[str]
    next: list[str]

    def parts(self) -> Iterator[RenderableType]:
        """The tree, and what to do next."""
        made = f"{counted(len(self.files), 'file')}, backend {self.answers['backend']}"
        if self.team:
            made += f", template of {self.team.name}"
        if self.dry_run:
            yield tree(self.destination, self.files)
            yield Text(f"\n{made}. Nothing was written: this was a dry run.")
            return
        yield Text(f"{self.destination}/", style="bold")
        yield self._folders()
        for note in self.notes:
            yield Text(f"\n{note}", style="yellow")
        yield Text(f"\n{made}. What next:\n")
        yield commands(self.next)

    def _folders(self) -> Table:
        """Each folder with the number of its files, and whose they are."""
        packages = {file.partition(f"/{CORE}/")[0] for file in self.files if f"/{CORE}/" in file}
        places = sorted(
            {place_of(file) for file in self.files}, key=lambda place: _rank(place, packages)
        )
        table = Table.grid(padding=(0, 2))
        for place in places:
            files = [file for file in self.files if place_of(file) == place]
            if part_of(files[0]) == "core":
                whose = Text("the template's: not for editing", style="dim")
            elif place == ENGINE_CONTRACT:
                whose = Text("the template's, but for facts.py", style="dim")
            else:
                own = [PurePosixPath(file).name for file in files if place in packages]
                modules = [name for name in own if name.endswith(".py") and name[0] != "_"]
                whose = Text(f"yours: {', '.join(modules)}" if modules else "yours")
            table.add_row("", Text(f"{place}/"), Text(counted(len(files), "file")), whose)
        return table


def place_of(file: str) -> str:
    """The folder that a file is counted in: core and engine apart, any other as a whole."""
    if file.startswith(f"{ENGINE_CONTRACT}/"):
        return ENGINE_CONTRACT
    match PurePosixPath(file).parts:
        case [_]:
            return "."
        case [top, below, _, *_] if below in (CORE, "engine"):
            return f"{top}/{below}"
        case [top, *_]:
            return top
    raise ValueError(file)


def _rank(place: str, packages: Container[str]) -> tuple[int, str]:
    """The package comes first, what lies in no folder last."""
    first = place.partition("/")[0] in packages
    return (0 if first else 3 if place == "." else 2 if place[0] == "." else 1, place)


class Backend(BaseModel):
    """What there is to know about a backend before choosing it.

    Attributes:
        name: what `--backend` takes.
        default: whether it is taken if nobody chooses.
        team: whether the team brings it along.
        summary: what it is.
        needs: what has to be there.
        can: what it can do, and what it can't.
    """

    name: str
    default: bool
    team: bool
    summary: str
    needs: str
    can: str


class Backends(Result):
    """The answer of `sop-new backends`."""

    backends: list[Backend]

    def parts(self) -> Iterator[RenderableType]:
        """A table, and how to choose."""
        table = Table("backend", "what it is", "needs", "can", show_lines=True)
        for backend in self.backends:
            marks = [
                *(["(default)"] if backend.default else []),
                *(["(team)"] if backend.team else []),
            ]
            name = "\n".join([backend.name, *marks])
            cells = (name, backend.summary, backend.needs, backend.can)
            table.add_row(*(Text(cell) for cell in cells))
        yield table
        yield Text("\nTake one with:\n")
        yield commands([shlex.join(["sop-new", "zenml-acme", "--backend", self.backends[-1].name])])
