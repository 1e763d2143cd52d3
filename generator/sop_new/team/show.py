"""`sop-new team show`: what a team's template decides, and where each value comes from."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from sop_new.errors import Code, SopNewError
from sop_new.team.result import Origin, TeamShown, Value
from sop_new.templates.answers import Answers
from sop_new.templates.layers import Layer, Templates
from sop_new.templates.team import VARIABLE, Choice, Team, chosen_team, config_file, opened_team


def show(source: str | None) -> TeamShown:
    """Tell what a team's template decides.

    Args:
        source: the template; None for the one that the user's surroundings name.

    Raises:
        SopNewError: there is none, or it can't be used.
    """
    choice = chosen_team(source)
    if not choice:
        raise SopNewError(
            Code.USAGE,
            "No team's template is named.",
            f"Name one: sop-new team show SRC, or in the variable {VARIABLE}, or by a line "
            f"`team: SRC` in {config_file()}",
        )
    with opened_team(choice.source) as team:
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
    below, above = Templates(team.base, team.base_ref, team).layers(answers)
    ref = ["--vcs-ref", team.file.base.ref] if team.file.base.ref else []
    over = ["--overwrite", "-a", above.answers_file]
    return [
        shlex.join(["copier", "copy", *ref, *_options(below), team.base.source, "zenml-acme"]),
        shlex.join(["copier", "copy", *over, *_options(above), source, "zenml-acme"]),
    ]


def _options(layer: Layer) -> list[str]:
    return [part for name, value in layer.data.items() for part in ("-d", f"{name}={value}")]
