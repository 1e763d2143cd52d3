"""`sop-team.yml`: what a team has decided for its projects."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sop_new.errors import Code, SopNewError
from sop_new.projects.project import TEAM_ANSWERS_FILE
from sop_new.templates.source import Template

NAME = "sop-team.yml"

ONE_LINE = r"^[^\x00-\x1f\x7f]+$"


class Strict(BaseModel):
    """A part of the file: what is misspelt in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Base(Strict):
    """The template that the team's is rendered over.

    Attributes:
        source: its repository; sop-new's own if there is none.
        ref: the version of it; the newest if there is none.
    """

    source: str | None = Field(default=None, pattern=ONE_LINE)
    ref: str | None = Field(default=None, pattern=r"^[\w./+-]+$")


class OwnBackend(Strict):
    """A backend that the team brings along.

    Attributes:
        summary: what it is, in a line.
        needs: what has to be there.
        can: what it can do, and what it can't.
        runtime: whether it runs commands on machines that see a shared folder, or containers.
    """

    summary: str = Field(pattern=ONE_LINE)
    needs: str = Field(pattern=ONE_LINE)
    can: str = Field(pattern=ONE_LINE)
    runtime: Literal["host", "image"]


class TeamFile(Strict):
    """The content of sop-team.yml.

    Attributes:
        name: of the team, as errors call it.
        contact: whom to ask for something else.
        base: the template underneath.
        defaults: answers that are taken, or offered, unless others are given.
        locked: answers that nobody can override.
        backends: the team's own backends, by name.
    """

    name: str = Field(pattern=ONE_LINE)
    contact: str | None = Field(default=None, pattern=ONE_LINE)
    base: Base = Base()
    defaults: dict[str, str] = {}
    locked: dict[str, str] = {}
    backends: dict[str, OwnBackend] = {}

    @field_validator("backends")
    @classmethod
    def _names(cls, backends: dict[str, OwnBackend]) -> dict[str, OwnBackend]:
        for name in backends:
            if not (name.isascii() and name.isidentifier() and name == name.lower()):
                raise ValueError(f"{name!r} is no name of lower-case letters, digits and _")
        return backends

    def refuse(self, base: Template, own: Template, where: str) -> None:
        """Raise SopNewError unless it suits the two templates.

        Args:
            base: the template underneath.
            own: the team's template.
            where: the file, as an error calls it.
        """
        if both := self.defaults.keys() & self.locked.keys():
            raise _unusable(where, f"{min(both)} is both a default and locked")
        asked = base.asked
        for name in (*self.defaults, *self.locked):
            if name not in asked:
                raise _unusable(where, _no_question(name, asked))
        if taken := self.backends.keys() & base.backends.keys():
            raise _unusable(where, f"the backend {min(taken)} is the base's already")
        if self.backends and "backend" not in own.questions:
            raise _unusable(where, "it has backends, but its copier.yml has no question backend")
        if own.config.get("_answers_file") != TEAM_ANSWERS_FILE:
            raise _unusable(
                where, f"its copier.yml needs the line `_answers_file: {TEAM_ANSWERS_FILE}`"
            )


def parse(text: str, where: str) -> TeamFile:
    """Read the file's content.

    Args:
        text: the content.
        where: the file, as an error calls it.

    Raises:
        SopNewError: it is no YAML, or something in it is missing, unknown or of the wrong kind.
    """
    import yaml

    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _unusable(where, f"it is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise _unusable(where, "it holds no settings")
    try:
        return TeamFile.model_validate(content)
    except ValidationError as error:
        raise _unusable(where, _first(error, content)) from error


def _first(error: ValidationError, content: dict[str, Any]) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        return f"{place} is missing"
    if first["type"] == "extra_forbidden":
        return _unknown_key(place, first["loc"])
    if first["type"] == "string_type":
        # YAML reads 3.10 as the number 3.1, and `no` as false.
        return f'{place} is no text: put it in quotes, as in {first["loc"][-1]}: "3.10"'
    if first["type"] == "string_pattern_mismatch":
        return f"{place} is empty, or not in one line of plain characters"
    return f"{place}: {said}"


def _unknown_key(place: str, location: tuple[int | str, ...]) -> str:
    models: dict[int, type[BaseModel]] = {1: TeamFile, 2: Base, 3: OwnBackend}
    known = models[len(location)].model_fields
    near = get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
    return f"there is no {place}" + (f"; did you mean {near[0]}?" if near else "")


def _no_question(name: str, asked: Iterable[str]) -> str:
    near = get_close_matches(name, asked, n=1, cutoff=0.5)
    return f"{name} is no question of the base" + (f"; did you mean {near[0]}?" if near else "")


def _unusable(where: str, why: str) -> SopNewError:
    return SopNewError(
        Code.TEAM_UNUSABLE,
        f"{where} can't be used: {why}.",
        "docs/teams.md says what a team's template consists of; mend it, or tell the team.",
    )
