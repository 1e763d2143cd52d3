"""`sop-new diff`: a project beside a rendering of its own version and answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from sop_new import printing
from sop_new.diff.result import Difference, Differences
from sop_new.projects import project
from sop_new.projects.project import CORE, Project, files_of, part_of
from sop_new.projects.scratch import Scratch
from sop_new.templates import rendering
from sop_new.templates.answers import Answers
from sop_new.templates.origin import origin_of, render_again
from sop_new.templates.source import require_git

GENERATED = ("--cached", "--find-renames", "--diff-filter=a")
"""Of the index, but for what was added: nobody has generated that."""


def diff(destination: Path) -> Differences:
    """Tell what was changed of what was generated.

    Args:
        destination: the project's folder; nothing in it is changed.

    Raises:
        SopNewError: it is no project, or a template of it can't be found.
    """
    require_git()
    mine = project.load(destination.resolve())
    with (
        origin_of(mine) as origin,
        TemporaryDirectory(prefix="sop-new-") as room,
        rendering.explained(Answers(), str(mine.folder)),
        printing.spinner("Rendering the template as it was"),
    ):
        was, _ = render_again(mine, origin.layers, Path(room, "before"))
        files, text = _compared(was, mine, Path(room))
    return Differences(
        project=str(mine.folder),
        version=mine.base.known_version,
        team_version=mine.team.known_version if mine.team else None,
        files=files,
        diff=text,
    )


def _compared(was: Path, mine: Project, room: Path) -> tuple[list[Difference], str]:
    order = room / "order"
    order.write_text(f"*/{CORE}/*\n", encoding="utf-8")
    scratch = Scratch(room / "compared")
    scratch.folder.mkdir()
    scratch.start()
    scratch.commit(was, files_of(was))
    # Without git, nobody tells the owner's files from environments and caches: no rename is seen.
    theirs = mine.files() if mine.is_in_git() else files_of(was)
    scratch.stage(mine.folder, (name for name in theirs if (mine.folder / name).is_file()))
    ordered = (*GENERATED, f"-O{order}")
    listed = scratch.git("diff", *ordered, "--name-status", "-z", "HEAD")
    return list(_listed(listed)), scratch.git("diff", *ordered, "HEAD")


def _listed(told: str) -> Iterator[Difference]:
    """Read what `git diff --name-status -z` tells."""
    parts = iter(told.split("\0")[:-1])
    for letter in parts:
        renamed = letter.startswith("R")
        was = next(parts) if renamed else None
        path = next(parts)
        change: Literal["changed", "deleted", "renamed"] = "changed"
        if renamed:
            change = "renamed"
        elif letter == "D":
            change = "deleted"
        yield Difference(path=path, change=change, part=part_of(was or path) or "yours", was=was)
