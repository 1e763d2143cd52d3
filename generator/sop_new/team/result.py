"""What the commands below `sop-new team` answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sop_new.printing import Result, commands, tree

Origin = Literal["locked", "team", "settings", "base", "question"]

LOOKS = {"locked": "bold red", "team": "cyan", "settings": "green"}


class Value(BaseModel):
    """What a question gets if nobody answers it.

    Attributes:
        name: of the question.
        value: None if it follows from other answers.
        origin: locked by the team; a default of the team, of the user's Copier settings, or of the
            base; or of a question of the team's own.
    """

    name: str
    value: str | None
    origin: Origin


class TeamShown(Result):
    """The answer of `sop-new team show`.

    Attributes:
        name: of the team.
        contact: whom to ask, if the team says so.
        template: the team's template: a repository or a folder.
        origin: the option, the variable or the file that names it.
        base: the base's template.
        base_version: the version of it that the team builds on.
        pinned: whether the team names that version; otherwise it is the newest.
        values: what each question gets.
        backends: the team's own backends.
        copier: the commands that do the same with Copier alone, as lines for a shell.
    """

    name: str
    contact: str | None
    template: str
    origin: str
    base: str
    base_version: str
    pinned: bool
    values: list[Value]
    backends: list[str]
    copier: list[str]

    def parts(self) -> Iterator[RenderableType]:
        """The team, its base, the values, and how it is used."""
        facts = {
            "team": self.name,
            "contact": self.contact,
            "template": f"{self.template}  (from {self.origin})",
            "builds on": f"{self.base} {self.base_version}"
            + ("" if self.pinned else "  (the newest)"),
            "backends": ", ".join(self.backends) or None,
        }
        about = Table.grid(padding=(0, 2))
        for name, fact in facts.items():
            if fact:
                about.add_row(Text(name, style="bold"), Text(fact, overflow="fold"))
        yield about
        yield Text()
        table = Table("question", "value", "from")
        for each in self.values:
            value = Text(each.value or "")
            if each.value is None:
                value = Text("follows from other answers", style="dim")
            origin = Text(self._told(each.origin), style=LOOKS.get(each.origin, ""))
            table.add_row(each.name, value, origin)
        yield table
        yield Text("\nThe same with Copier alone:\n")
        yield commands(self.copier)

    def _told(self, origin: Origin) -> str:
        return {
            "locked": f"locked by {self.name}",
            "team": f"a default of {self.name}",
            "settings": "your Copier settings",
            "base": "a default of the base",
            "question": f"a question of {self.name}",
        }[origin]


class Started(Result):
    """The answer of `sop-new team init DEST`.

    Attributes:
        destination: absolute path of the repository.
        dry_run: nothing was written.
        files: paths below the destination, with slashes, sorted.
        next: what to run next, as lines for a shell.
    """

    destination: str
    dry_run: bool
    files: list[str]
    next: list[str]

    def parts(self) -> Iterator[RenderableType]:
        """The tree, and what to do next."""
        yield tree(self.destination, self.files)
        if self.dry_run:
            yield Text("\nNothing was written: this was a dry run.")
            return
        yield Text("\nREADME.md says how to change it. What next:\n")
        yield commands(self.next)
