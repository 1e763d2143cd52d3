"""A merge of three folders, by git: what a template was, what became of it, and what it is now."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sop_new.projects.line_ends import LineEnds
from sop_new.projects.project import files_of
from sop_new.projects.scratch import Scratch

YOURS, BASES, TEAMS = "yours", "the template's", "the team's"
"""What the sides of a conflict are called."""

ALIKE = "33%"
"""How much of a file must be found again elsewhere for it to have moved there.

Git asks for half, and what a template moves it often changes as well: then an edit would stay in
the old file, where nothing reads it.
"""


@dataclass(frozen=True)
class Change:
    """What becomes of a file of the project: its path, with slashes, and how."""

    path: str
    kind: Literal["added", "changed", "deleted", "conflict"]


@dataclass(frozen=True)
class Stage:
    """One of the states of a file that is in conflict, as git's index holds it.

    Attributes:
        path: the file.
        number: 1 for what it was, 2 for mine and 3 for the template's.
        mode: what git calls the kind of a file, as in 100644.
        content: what is in it.
    """

    path: str
    number: int
    mode: str
    content: bytes


@dataclass(frozen=True)
class Merged:
    """The outcome of a merge.

    Attributes:
        folder: what the project's files are to be.
        changes: those that differ from what they are, by path.
        diff: the differences, as a unified diff, whatever the lines end with.
        stages: the states of the files that are in conflict.
        left: files that the template has deleted, and that stay since their owner has changed them.
    """

    folder: Path
    changes: list[Change]
    diff: str
    stages: list[Stage]
    left: list[str]

    @property
    def conflicts(self) -> list[str]:
        """The files that have conflict markers, or that git can't merge."""
        return [change.path for change in self.changes if change.kind == "conflict"]


def merge(
    before: Path,
    mine: Path,
    files: Iterable[str],
    after: Path,
    room: Path,
    teams: Container[str] = (),
) -> Merged:
    """Merge what changed from `before` to `after` into what is `mine`.

    What the owner deleted stays deleted; what the template has deleted stays if the owner has
    changed it.

    Args:
        before: the template's files, as they were.
        mine: the project.
        files: those of its files that count, by path.
        after: the template's files, as they are now.
        room: an empty folder to work in.
        teams: those of the templates' files that are the team's, by path.

    Raises:
        CalledProcessError: git failed.
    """
    files = list(files)
    scratch = Scratch(room)
    scratch.start()
    scratch.commit(before, files_of(before))
    scratch.git("checkout", "--quiet", "-b", "after")
    scratch.commit(after, files_of(after))
    scratch.git("checkout", "--quiet", "-b", "mine", "before")
    scratch.commit(mine, files)
    alike = f"--strategy-option=find-renames={ALIKE}"
    done = scratch.run("merge", "--quiet", "--no-ff", "--no-commit", alike, "after")
    # 1 tells of conflicts; anything else would look as if nothing had changed.
    if done.returncode not in (0, 1):
        done.check_returncode()
    stages, left = _settle(scratch, teams)
    conflicts = {stage.path for stage in stages}
    changes = [
        Change(path, "conflict" if path in conflicts else kind) for path, kind in scratch.changes()
    ]
    diff = scratch.git("diff", "--cached", f"--find-renames={ALIKE}", "HEAD")
    ends = LineEnds.of(mine, files)
    for change in changes:
        ends.restore(room / change.path, change.path)
    stages = [replace(each, content=ends.restored(each.content, each.path)) for each in stages]
    return Merged(room, changes, diff, stages, left)


def _settle(scratch: Scratch, teams: Container[str]) -> tuple[list[Stage], list[str]]:
    """Take a side where one has deleted what the other changed.

    Returns:
        The stages of what is in conflict, and what the owner alone still has.
    """
    stages: dict[str, list[Stage]] = {}
    open_stages: list[Stage] = []
    left: list[str] = []
    for line in scratch.git("ls-files", "--unmerged", "-z").split("\0")[:-1]:
        entry, _, path = line.partition("\t")
        mode, blob, number = entry.split()
        stage = Stage(path, int(number), mode, scratch.blob(blob))
        stages.setdefault(path, []).append(stage)
    for path, there in stages.items():
        numbers = {stage.number for stage in there}
        if numbers == {1, 3}:
            scratch.git("rm", "--quiet", "--", path)
        elif numbers == {1, 2}:
            scratch.git("add", "--force", "--", path)
            left.append(path)
        else:
            _name_sides(scratch.folder / path, TEAMS if path in teams else BASES)
            scratch.git("add", "--all", "--force", "--", path)
            open_stages += there
    return open_stages, left


def _name_sides(file: Path, theirs: str) -> None:
    if not file.is_file():
        return
    text = file.read_bytes()
    text = text.replace(b"<<<<<<< HEAD\n", f"<<<<<<< {YOURS}\n".encode())
    file.write_bytes(text.replace(b">>>>>>> after\n", f">>>>>>> {theirs}\n".encode()))
