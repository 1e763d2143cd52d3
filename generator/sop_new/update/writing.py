"""What was merged is written into the project: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sop_new import interrupts
from sop_new.errors import Code, SopNewError
from sop_new.projects.project import Project
from sop_new.templates import rendering
from sop_new.templates.answers import Answers
from sop_new.update.merging import Merged


def write(merged: Merged, mine: Project) -> None:
    """Let the project be what was merged; if that fails, it is as before.

    After conflicts git's index is as after a merge of git's own: what went well is staged, and the
    rest is unmerged.

    Raises:
        SopNewError: something can't be written, or is in the way.
    """
    with rendering.explained(Answers(), str(mine.folder)), interrupts.held():
        _refuse_what_is_in_the_way(merged, mine)
        written = [mine.folder / change.path for change in merged.changes]
        with _taken_back([*written, mine.index()] if merged.stages else written):
            for change in merged.changes:
                target = mine.folder / change.path
                source = merged.folder / change.path
                target.unlink(missing_ok=True)
                if os.path.lexists(source):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(source, target, follow_symlinks=False)
                else:
                    _remove_empty(target.parent, mine.folder)
            if merged.stages:
                _stage(merged, mine)


def _refuse_what_is_in_the_way(merged: Merged, mine: Project) -> None:
    known = set(mine.files())
    for change in merged.changes:
        if change.path not in known and os.path.lexists(mine.folder / change.path):
            raise SopNewError(
                Code.DESTINATION_UNUSABLE,
                f"{change.path} is new in the template, but there is one that git ignores.",
                "Move it out of the way, then update again.",
            )


@contextmanager
def _taken_back(files: Iterable[Path]) -> Iterator[None]:
    """If the block raises, these files are as they were."""
    with TemporaryDirectory(prefix="sop-new-") as kept, ExitStack() as undo:
        for number, target in enumerate(files):
            copy = Path(kept, str(number))
            if os.path.lexists(target):
                shutil.copy2(target, copy, follow_symlinks=False)
                undo.callback(_put_back, copy, target)
            else:
                undo.callback(target.unlink, missing_ok=True)
        yield
        undo.pop_all()


def _put_back(copy: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copy2(copy, target, follow_symlinks=False)


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _stage(merged: Merged, mine: Project) -> None:
    """Let git's index be as after a merge of git's own."""
    mine.git("add", "--all", "--", ".")
    # One state of a file gives way to the several ones.
    paths = "".join(f"{each.path}\0" for each in merged.stages)
    mine.git("update-index", "--force-remove", "-z", "--stdin", stdin=paths)
    # Here the index counts from the top of the repository.
    above = mine.git("rev-parse", "--show-prefix").rstrip("\n")
    entries = "".join(
        f"{each.mode} {mine.write_object(each.path, each.content)} {each.number}"
        f"\t{above}{each.path}\0"
        for each in merged.stages
    )
    mine.git("update-index", "-z", "--index-info", stdin=entries)
