"""From the versions of its templates that a project has to those that it is to have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Literal

from sop_new.errors import Code, SopNewError
from sop_new.projects.project import Project
from sop_new.templates import history, releases
from sop_new.templates.installed import upgrade
from sop_new.templates.layers import Layer, Templates
from sop_new.templates.origin import Origin, Version, origin_of
from sop_new.templates.source import same_repository
from sop_new.templates.team import Choice, Team, team_at
from sop_new.update.news import Entry, added


@dataclass(frozen=True)
class Move:
    """A template's way from one version to another one.

    Attributes:
        template: the template, as the project notes it down.
        version: the version that the project has; None if it was not made from that template.
        newest: the version that it is to have.
        onward: whether that one is newer.
        changelog: what has been added to its changelog in between.
    """

    template: str
    version: str | None
    newest: str
    onward: bool
    changelog: list[Entry] = field(default_factory=list)


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

    @property
    def changelog(self) -> list[Entry]:
        """What has been added to the changelogs of all of them."""
        return [*self.base.changelog, *(self.team.changelog if self.team else [])]


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
    with origin_of(mine) as origin, ExitStack() as held:
        base = origin.base
        if under:
            yield _under(under, ref, mine, origin, held)
            return
        if not origin.team:
            after = _target(base, ref, stay)
            way = _move("base", base, after)
            yield Plan(origin.layers, Templates(base.history.at(after), after), way)
            return
        after = _target(origin.team, ref, stay)
        pinned = base.commit if after == origin.team.commit and stay else None
        team = held.enter_context(team_at(origin.team.history, after, pinned))
        yield Plan(
            origin.layers,
            Templates(team.base, team.base_ref, team),
            _moved_base(base, team),
            _move("team", origin.team, after),
        )


def _under(choice: Choice, ref: str | None, mine: Project, origin: Origin, held: ExitStack) -> Plan:
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
        origin.layers,
        Templates(team.base, team.base_ref, team),
        _moved_base(origin.base, team),
        Move(choice.source, None, above.described(commit), onward=True),
    )


def _target(had: Version, ref: str | None, stay: bool) -> str:
    if ref:
        return had.history.known(ref)
    newest = had.history.newest()
    # A project may have what no release has yet.
    return had.commit if stay or had.history.follows(had.commit, newest) else newest


def _moved_base(had: Version, team: Team) -> Move:
    if same_repository(team.base.source, had.noted.source):
        return _move("base", had, team.base_ref)
    # The team builds on another repository now, whose versions can't be compared.
    return Move(team.base.source, had.noted.version, team.base_version, onward=True)


def _move(template: Literal["base", "team"], had: Version, after: str) -> Move:
    versions = had.history
    before, now = (
        versions.text_if_any(commit, releases.CHANGELOG) or "" for commit in (had.commit, after)
    )
    return Move(
        had.noted.source,
        had.noted.version,
        versions.described(after),
        versions.follows(after, had.commit),
        added(template, before, now),
    )


def refuse_backwards(plan: Plan) -> None:
    """Raise SopNewError if a version does not follow the one that the project has."""
    for move in (plan.base, plan.team):
        if move and not move.onward and move.newest != move.version:
            raise SopNewError(
                Code.VERSION_UNKNOWN,
                f"The version {move.newest} of the template {move.template} does not follow "
                f"{move.version}, which the project has.",
                f"Name a later one; if the project is newer than this sop-new: {upgrade()}",
            )
