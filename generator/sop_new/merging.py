"""A merge of three folders, by git: what a template was, what became of it, and what it is now."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sop_new.rendering import files_of
from sop_new.template import unreadable

Kind = Literal["added", "changed", "deleted", "conflict"]

SETTINGS = {
    "commit.gpgSign": "false",
    "core.autocrlf": "false",
    "core.fileMode": "true",
    "core.hooksPath": os.devnull,
    "core.quotePath": "false",
    "init.defaultBranch": "before",
    "merge.conflictStyle": "merge",
    "merge.renames": "true",
    "user.email": "sop-new@localhost",
    "user.name": "sop-new",
}
"""The owner's own settings of git have no say in it."""

YOURS, BASES, TEAMS = "yours", "the template's", "the team's"
"""What the sides of a conflict are called."""


@dataclass(frozen=True)
class Change:
    """What becomes of a file of the project: its path, with slashes, and how."""

    path: str
    kind: Kind


@dataclass(frozen=True)
class Merged:
    """The outcome of a merge.

    Attributes:
        folder: what the project's files are to be.
        changes: those that differ from what they are, by path.
        diff: the differences, as a unified diff.
    """

    folder: Path
    changes: list[Change]
    diff: str

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
    """
    scratch = Scratch(room)
    scratch.start()
    scratch.commit(before, files_of(before))
    scratch.git("checkout", "--quiet", "-b", "after")
    scratch.commit(after, files_of(after))
    scratch.git("checkout", "--quiet", "-b", "mine", "before")
    scratch.commit(mine, files)
    done = scratch.run("merge", "--quiet", "--no-ff", "--no-commit", "after")
    # 1 tells of conflicts; anything else would look as if nothing had changed.
    if done.returncode > 1 or done.returncode < 0:
        raise unreadable(done.stderr)
    conflicts = set(scratch.settle(teams))
    changes = [
        Change(path, "conflict" if path in conflicts else kind) for path, kind in scratch.changes()
    ]
    return Merged(room, changes, scratch.git("diff", "--cached", "--find-renames", "HEAD"))


@dataclass(frozen=True)
class Scratch:
    """A git repository that is thrown away."""

    folder: Path

    def start(self) -> None:
        """Make it, with a commit of nothing."""
        self.git("init", "--quiet")

    def commit(self, source: Path, files: Iterable[str]) -> None:
        """Let these files of a folder, and no others, be the next commit."""
        for path in self.folder.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        for name in files:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, self.folder / name, follow_symlinks=False)
        # Git takes a file for the one that it knows if size, time and number are the same: those of
        # two renderings may be. What it knows nothing of, it reads.
        self.git("read-tree", "--empty")
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message=state")

    def settle(self, teams: Container[str]) -> Iterator[str]:
        """Take a side where one has deleted what the other changed; yields what is left."""
        stages: dict[str, set[str]] = {}
        for line in self.git("ls-files", "--unmerged", "-z").split("\0")[:-1]:
            entry, _, path = line.partition("\t")
            stages.setdefault(path, set()).add(entry.split()[2])
        # The stages are 1 for what it was, 2 for mine and 3 for the template's.
        for path, there in stages.items():
            if there == {"1", "3"}:
                self.git("rm", "--quiet", "--", path)
            elif there == {"1", "2"}:
                self.git("add", "--force", "--", path)
            else:
                self._name_sides(self.folder / path, TEAMS if path in teams else BASES)
                self.git("add", "--all", "--force", "--", path)
                yield path

    def _name_sides(self, file: Path, theirs: str) -> None:
        if not file.is_file():
            return
        text = file.read_bytes()
        text = text.replace(b"<<<<<<< HEAD\n", f"<<<<<<< {YOURS}\n".encode())
        file.write_bytes(text.replace(b">>>>>>> after\n", f">>>>>>> {theirs}\n".encode()))

    def changes(self) -> Iterator[tuple[str, Kind]]:
        """Path and kind of each file that the merge has changed."""
        kinds: dict[str, Kind] = {"A": "added", "D": "deleted"}
        told = self.git("diff", "--cached", "--name-status", "--no-renames", "-z", "HEAD")
        parts = iter(told.split("\0")[:-1])
        for letter, path in zip(parts, parts, strict=True):
            yield path, kinds.get(letter, "changed")

    def git(self, *arguments: str) -> str:
        """Run git in it. Raises SopNewError if that fails."""
        done = self.run(*arguments)
        if done.returncode:
            raise unreadable(done.stderr)
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run git in it, whatever comes of it."""
        settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(
            ["git", *settings, *arguments],
            cwd=self.folder,
            env=kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
        )
