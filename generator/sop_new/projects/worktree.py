"""A folder under git: what is in it, and whether all of it is committed."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from sop_new.errors import Code, SopNewError


@dataclass(frozen=True)
class WorkTree:
    """A folder in a git repository, or all of one.

    Attributes:
        folder: where it is.
    """

    folder: Path

    def files(self) -> list[str]:
        """Its files, but for those that git ignores, as paths with slashes."""
        listed = self._git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = (name for name in listed.split("\0") if name)
        return sorted(name for name in names if (self.folder / name).is_file())

    def has_a_commit(self) -> bool:
        """Whether something was committed there."""
        return self._run("rev-parse", "--quiet", "--verify", "HEAD").returncode == 0

    def is_in_git(self) -> bool:
        """Whether it lies in a git repository."""
        return self._run("rev-parse", "--git-dir").returncode == 0

    def refuse_without_git(self) -> None:
        """Raise SopNewError unless it lies in a git repository."""
        if not self.is_in_git():
            raise SopNewError(
                Code.NO_REPOSITORY,
                f"{self.folder} is in no git repository: nothing could be taken back.",
                "Make one first: git init && git add --all && git commit -m 'As it is'",
            )

    def refuse_if_dirty(self) -> None:
        """Raise SopNewError if something in it is not committed."""
        if changed := self._git("status", "--porcelain", "--", ".").splitlines():
            first = changed[0][3:]
            others = f" and {len(changed) - 1} more" if changed[1:] else ""
            raise SopNewError(
                Code.TREE_DIRTY,
                f"There are changes that are not committed: {first}{others}.",
                "Commit or stash them first, so that you can tell them from what is written now; "
                "--diff shows that without touching anything.",
            )

    def _git(self, *arguments: str) -> str:
        done = self._run(*arguments)
        if done.returncode:
            raise SopNewError(
                Code.NO_REPOSITORY,
                f"git can't read {self.folder}: {' '.join(done.stderr.split())}",
                "See what `git status` says there.",
            )
        return done.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["git", "-C", str(self.folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True)
