"""A folder under git: what is in it, and whether all of it is committed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sop_new.errors import Code, SopNewError
from sop_new.projects import git


@dataclass(frozen=True)
class WorkTree:
    """A folder in a git repository, or all of one.

    Attributes:
        folder: where it is.
    """

    folder: Path

    def files(self) -> list[str]:
        """Its files, but for those that git ignores, as paths with slashes."""
        listed = self.git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        # What is unmerged is listed once for each of its states.
        names = {name for name in listed.split("\0") if name}
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
        """Raise SopNewError if something in it is unmerged or not committed."""
        if unmerged := self.unmerged():
            raise SopNewError(
                Code.TREE_DIRTY,
                f"Conflicts are not resolved yet: {', '.join(unmerged)}.",
                "Resolve them, tell git by `git add` of each file, and commit.",
            )
        options = ("--porcelain", "-z", "--no-renames", "--untracked-files=normal")
        if changed := self.git("status", *options, "--", ".").split("\0")[:-1]:
            first = changed[0][3:]
            others = f" and {len(changed) - 1} more" if changed[1:] else ""
            raise SopNewError(
                Code.TREE_DIRTY,
                f"There are changes that are not committed: {first}{others}.",
                "Commit them first, to be able to tell them from what is written now, or put them "
                "aside: git stash --include-untracked",
            )

    def unmerged(self) -> list[str]:
        """The files of which git's index holds more than one state, as paths with slashes."""
        listed = self.git("ls-files", "--unmerged", "-z").split("\0")[:-1]
        return sorted({entry.partition("\t")[2] for entry in listed})

    def index(self) -> Path:
        """The file that git keeps its index in."""
        return self.folder / self.git("rev-parse", "--git-path", "index").rstrip("\n")

    def last_commit(self, name: str, good: Callable[[str], bool]) -> str | None:
        """The newest commit in which a file's text was good; HEAD if that is the one."""
        commits = self._run("log", "--format=%h", "--max-count=200", "--", name).stdout.split()
        for commit in ("HEAD", *commits):
            shown = self._run("show", f"{commit}:./{name}")
            if shown.returncode == 0 and good(shown.stdout):
                return commit
        return None

    def write_object(self, path: str, content: bytes) -> str:
        """Let git have a content, as it has that of a file of this path; returns its name."""
        with TemporaryDirectory(prefix="sop-new-") as folder:
            file = Path(folder, "content")
            file.write_bytes(content)
            return self.git("hash-object", "-w", f"--path={path}", str(file)).strip()

    def git(self, *arguments: str, stdin: str = "") -> str:
        """Run git in it. Raises SopNewError if that fails."""
        done = self._run(*arguments, stdin=stdin)
        if done.returncode:
            raise SopNewError(
                Code.NO_REPOSITORY,
                f"git can't work in {self.folder}: {' '.join(done.stderr.split())}",
                "See what `git status` says there.",
            )
        return done.stdout

    def _run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return git.run("-C", str(self.folder), *arguments, stdin=stdin)
