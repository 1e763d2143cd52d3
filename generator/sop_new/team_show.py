"""`sop-new team show`: what a team's template decides, and where each value comes from."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sop_new import teams
from sop_new.answers import Answers
from sop_new.errors import Code, SopNewError
from sop_new.output import Result, commands
from sop_new.stack import Layer, Stack
from sop_new.teams import Choice, Team

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


def show(source: str | None) -> TeamShown:
    """Tell what a team's template decides.

    Args:
        source: the template; None for the one that the user's surroundings name.

    Raises:
        SopNewError: there is none, or it can't be used.
    """
    choice = teams.chosen(source)
    if not choice:
        raise SopNewError(
            Code.USAGE,
            "No team's template is named.",
            f"Name one: sop-new team show SRC, or in the variable {teams.VARIABLE}, or by a line "
            f"`team: SRC` in {teams.config_file()}",
        )
    with teams.opened(choice.source) as team:
        return _shown(choice, team)


def _shown(choice: Choice, team: Team) -> TeamShown:
    file = team.file
    return TeamShown(
        name=file.name,
        contact=file.contact,
        template=choice.source,
        origin=choice.origin,
        base=team.base.source,
        base_version=team.base_version,
        pinned=file.base.ref is not None,
        values=[*_of_base(team), *_of_team(team)],
        backends=list(file.backends),
        copier=_with_copier(choice.source, team),
    )


def _of_base(team: Team) -> Iterator[Value]:
    from copier import load_settings

    levels: list[tuple[Origin, Mapping[str, Any]]] = [
        ("locked", team.file.locked),
        ("team", team.file.defaults),
        ("settings", load_settings().defaults),
        ("base", {name: entry.get("default") for name, entry in team.base.questions.items()}),
    ]
    for name in team.base.asked:
        origin, values = next(level for level in levels if name in level[1])
        yield Value(name=name, value=_plain(values[name]), origin=origin)


def _of_team(team: Team) -> Iterator[Value]:
    for name in team.template.asked:
        if name not in team.base.questions:
            default = team.template.questions[name].get("default")
            yield Value(name=name, value=_plain(default), origin="question")


def _plain(value: object) -> str | None:
    text = "" if value is None else str(value)
    return None if "{{" in text or "{%" in text else text


def _with_copier(source: str, team: Team) -> list[str]:
    answers = Answers(options={**team.file.defaults, **team.file.locked})
    below, above = Stack(team.base, team.base_ref, team).layers(answers)
    ref = ["--vcs-ref", team.file.base.ref] if team.file.base.ref else []
    over = ["--overwrite", "-a", above.answers_file]
    return [
        shlex.join(["copier", "copy", *ref, *_options(below), team.base.source, "zenml-acme"]),
        shlex.join(["copier", "copy", *over, *_options(above), source, "zenml-acme"]),
    ]


def _options(layer: Layer) -> list[str]:
    return [part for name, value in layer.data.items() for part in ("-d", f"{name}={value}")]
