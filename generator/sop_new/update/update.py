"""`sop-new update`: bring a project to a newer template, or change one of its answers."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Container, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from sop_new import printing
from sop_new.projects import project
from sop_new.projects.line_ends import as_lf
from sop_new.projects.project import Project, files_of, part_of
from sop_new.templates import rendering
from sop_new.templates.answers import Answers, collect
from sop_new.templates.origin import copy_answers, render_again, written_once
from sop_new.templates.source import require_git
from sop_new.templates.team import chosen_team
from sop_new.update.merging import Change, Merged, merge
from sop_new.update.news import new_questions
from sop_new.update.plan import Plan, planned, refuse_backwards
from sop_new.update.result import Checked, FileChange, TeamVersions, Updated
from sop_new.update.writing import write

AFTER = "after"
"""The folder of the rendering as it is to be."""


def check(destination: Path) -> Checked:
    """Compare the versions of a project's templates with the newest ones.

    Args:
        destination: the project's folder; nothing in it is changed.

    Raises:
        SopNewError: it is no project, or a template of it can't be found.
    """
    require_git()
    mine = project.load(destination.resolve())
    unmerged = mine.unmerged() if mine.is_in_git() else []
    with planned(mine) as plan:
        return Checked(
            project=str(mine.folder),
            template=plan.base.template,
            version=mine.base.known_version,
            newest=plan.base.newest,
            team=_of_team(plan),
            outdated=plan.base.onward or bool(plan.team and plan.team.onward),
            changelog=plan.changelog,
            unmerged=unmerged,
        )


def update(
    destination: Path,
    *,
    data: Iterable[str],
    ref: str | None = None,
    team: str | None = None,
    diff: bool = False,
) -> Updated:
    """Update a project: what its templates have changed is merged into what its owner has.

    Args:
        destination: the project's folder.
        data: answers to change, as KEY=VALUE; then the versions stay, unless `ref` is given.
        ref: the version to update to, the team's if there is one; by default the newest.
        team: the template of a team to put the project under.
        diff: tell what would change, and touch nothing.

    Raises:
        SopNewError: for whatever goes wrong; the project is then as it was.
    """
    require_git()
    mine = project.load(destination.resolve())
    mine.refuse_without_git()
    if not diff:
        mine.refuse_if_dirty()
    data = list(data)
    choice = chosen_team(team) if team else None
    with (
        planned(mine, ref, under=choice, stay=bool(data)) as plan,
        TemporaryDirectory(prefix="sop-new-") as room,
    ):
        refuse_backwards(plan)
        answers = collect(plan.now.all, data, team=plan.now.decided)
        merged, above = _merged(mine, plan, answers, Path(room))
        if not diff:
            write(merged, mine)
        return Updated(
            project=str(mine.folder),
            dry_run=diff,
            version=mine.base.known_version,
            newest=plan.base.newest,
            team=_of_team(plan),
            files=[_told(each, above, plan) for each in merged.changes],
            conflicts=merged.conflicts,
            left=merged.left,
            diff=merged.diff,
            questions=new_questions(mine, Path(room, AFTER, mine.folder.name), plan.now, answers),
            changelog=plan.changelog,
            next=_next(merged, _again(destination, answers, ref, team) if diff else None),
        )


def _told(change: Change, above: Container[str], plan: Plan) -> FileChange:
    layer: Literal["base", "team"] = "team" if change.path in above else "base"
    return FileChange(
        path=change.path,
        change=change.kind,
        part=part_of(change.path),
        layer=layer if plan.team else None,
    )


def _of_team(plan: Plan) -> TeamVersions | None:
    if not plan.team:
        return None
    return TeamVersions(
        template=plan.team.template, version=plan.team.version, newest=plan.team.newest
    )


def _merged(mine: Project, plan: Plan, answers: Answers, room: Path) -> tuple[Merged, set[str]]:
    """The merge, and which of the templates' files are the team's, be it before or after it."""
    with (
        rendering.explained(answers, str(mine.folder)),
        printing.spinner("Rendering the template as it was, and as it is"),
    ):
        was, above_before = render_again(mine, plan.was, room / "before")
        now, above_after = render_again(mine, plan.now.layers(answers), room / AFTER)
        _keep_what_is_written_once(mine, plan, was, now, above_before)
        scratch = room / "merged"
        scratch.mkdir()
        # Nobody edits the answers: they are those of the new version.
        copy_answers(mine, was)
        above = above_before | above_after
        return merge(was, mine.folder, mine.files(), now, scratch, above), above


def _keep_what_is_written_once(
    mine: Project, plan: Plan, was: Path, now: Path, above: set[str]
) -> None:
    """Let the template have changed nothing in what its owner was to replace, and has."""
    contested = {
        name
        for name in files_of(was)
        if _differ(was / name, now / name) and _differ(was / name, mine.folder / name)
    }
    # What a team has laid over it is the team's.
    for name in (contested & written_once(plan.was[0], was)) - above:
        (now / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(was / name, now / name)


def _differ(was: Path, other: Path) -> bool:
    return not other.is_file() or as_lf(was.read_bytes()) != as_lf(other.read_bytes())


def _again(destination: Path, answers: Answers, ref: str | None, team: str | None) -> str:
    """The command that does what `--diff` has shown."""
    folder = [] if destination == Path() else [str(destination)]
    changed = [
        part for name, value in answers.options.items() for part in ("-d", f"{name}={value}")
    ]
    wishes = [*(["--ref", ref] if ref else []), *(["--team", team] if team else [])]
    return shlex.join(["sop-new", "update", *folder, *changed, *wishes])


def _next(merged: Merged, again: str | None) -> list[str]:
    if not merged.changes:
        return []
    if again:
        return [again]
    if merged.conflicts:
        # What takes all that is there would take the markers.
        return [
            "git status  # resolve what it lists as unmerged, and tell it by git add FILE",
            ".venv/bin/pytest",
            "git commit  # refused as long as something is unmerged",
        ]
    return ["git status", ".venv/bin/pytest", "git add --all && git commit"]
