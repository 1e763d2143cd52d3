"""From the versions of its templates that a project has to those that it is to have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sop_new.errors import Code, SopNewError
from sop_new.projects.project import TEAM_ANSWERS_FILE, Noted, Project
from sop_new.templates import history
from sop_new.templates.history import History
from sop_new.templates.layers import Layer, Templates
from sop_new.templates.team import Choice, Team, team_at


@dataclass(frozen=True)
class Move:
    """A template's way from one version to another one.

    Attributes:
        template: the template, as the project notes it down.
        version: the version that the project has; None if it was not made from that template.
        newest: the version that it is to have.
        onward: whether that one is newer.
    """

    template: str
    version: str | None
    newest: str
    onward: bool


@dataclass(frozen=True)
class Plan:
    """The way of all of a project's templates.

    Attributes:
        was: what the project was made from.
        now: what it is to be made from.
        base: the base's way.
        team: the team's way, if there is one.
    """

    was: list[Layer]
    now: Templates
    base: Move
    team: Move | None = None


@contextmanager
def planned(
    mine: Project, ref: str | None = None, *, under: Choice | None = None, stay: bool = False
) -> Iterator[Plan]:
    """The way to the newest versions, or to a certain one.

    Args:
        mine: the project.
        ref: the version to move to: the team's, if the project has a team, or else the base's.
        under: the team's template that the project is put under.
        stay: stay at the versions that the project has, unless `ref` is given.

    Raises:
        SopNewError: a template or a version of it can't be found.
    """
    with ExitStack() as held:
        bases = held.enter_context(history.of(mine.base.source))
        before = bases.known(mine.base.known_version)
        was = [Layer(bases.template, before)]
        if under:
            yield _under(under, ref, mine, bases, was, held)
            return
        if not mine.team:
            after = _target(bases, before, ref, stay)
            base = _move(mine.base, bases, before, after)
            yield Plan(was, Templates(bases.at(after), after), base)
            return
        above = held.enter_context(history.of(mine.team.source))
        above_before = above.known(mine.team.known_version)
        was.append(Layer(above.template, above_before, TEAM_ANSWERS_FILE))
        above_after = _target(above, above_before, ref, stay)
        pinned = before if above_after == above_before and stay else None
        team = held.enter_context(team_at(above, above_after, pinned))
        yield Plan(
            was,
            Templates(team.base, team.base_ref, team),
            _moved_base(mine.base, bases, before, team),
            _move(mine.team, above, above_before, above_after),
        )


def _under(
    choice: Choice,
    ref: str | None,
    mine: Project,
    bases: History,
    was: list[Layer],
    held: ExitStack,
) -> Plan:
    if mine.team:
        raise SopNewError(
            Code.USAGE,
            f"The project has the template {mine.team.source} of a team already.",
            f"If it has moved, name it rightly as _src_path in {mine.team.path.name}.",
        )
    above = held.enter_context(history.of(choice.source))
    commit = above.known(ref) if ref else above.newest()
    team = held.enter_context(team_at(above, commit))
    return Plan(
        was,
        Templates(team.base, team.base_ref, team),
        _moved_base(mine.base, bases, was[0].ref, team),
        Move(choice.source, None, above.described(commit), onward=True),
    )


def _target(versions: History, before: str, ref: str | None, stay: bool) -> str:
    if ref:
        return versions.known(ref)
    newest = versions.newest()
    # A project may have what no release has yet.
    return before if stay or versions.follows(before, newest) else newest


def _moved_base(noted: Noted, bases: History, before: str, team: Team) -> Move:
    if team.base.source == noted.source:
        return _move(noted, bases, before, team.base_ref)
    # The team builds on another repository now, whose versions can't be compared.
    return Move(team.base.source, noted.known_version, team.base_version, onward=True)


def _move(noted: Noted, versions: History, before: str, after: str) -> Move:
    onward = versions.follows(after, before)
    return Move(noted.source, noted.known_version, versions.described(after), onward)


def refuse_backwards(plan: Plan) -> None:
    """Raise SopNewError if a version does not follow the one that the project has."""
    for move in (plan.base, plan.team):
        if move and not move.onward and move.newest != move.version:
            raise SopNewError(
                Code.VERSION_UNKNOWN,
                f"The version {move.newest} of the template {move.template} does not follow "
                f"{move.version}, which the project has.",
                f"Name a later one; or the project is newer than this sop-new: {history.UPGRADE}",
            )
