"""A git repository that is thrown away: states of a project, and what differs between them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sop_new.projects.git import NEUTRAL, options

SETTINGS = {
    **NEUTRAL,
    # Of what is checked out with CR LF, the lines count.
    "core.autocrlf": "input",
    "core.fileMode": "true",
    "init.defaultBranch": "before",
    "merge.conflictStyle": "merge",
    "merge.renames": "true",
    "user.email": "sop-new@localhost",
    "user.name": "sop-new",
}
"""The owner's own settings of git have no say in it."""


Kind = Literal["added", "changed", "deleted"]


@dataclass(frozen=True)
class Scratch:
    """A git repository that is thrown away."""

    folder: Path

    def start(self) -> None:
        """Make it, without a commit."""
        self.git("init", "--quiet")
        # A project's own .gitattributes has no say in the ends of lines either.
        attributes = self.folder / ".git" / "info" / "attributes"
        attributes.parent.mkdir(exist_ok=True)
        attributes.write_text("* text=auto !eol\n", encoding="utf-8")

    def commit(self, source: Path, files: Iterable[str]) -> None:
        """Let these files of a folder, and no others, be the next commit."""
        self.stage(source, files)
        self.git("commit", "--quiet", "--allow-empty", "--message=state")

    def stage(self, source: Path, files: Iterable[str]) -> None:
        """Let these files of a folder, and no others, be in the index."""
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

    def changes(self) -> Iterator[tuple[str, Kind]]:
        """Path and kind of each file that differs from the last commit."""
        kinds: dict[str, Kind] = {"A": "added", "D": "deleted"}
        told = self.git("diff", "--cached", "--name-status", "--no-renames", "-z", "HEAD")
        parts = iter(told.split("\0")[:-1])
        for letter, path in zip(parts, parts, strict=True):
            yield path, kinds.get(letter, "changed")

    def git(self, *arguments: str) -> str:
        """Run git in it. Raises CalledProcessError if that fails."""
        done = self.run(*arguments)
        done.check_returncode()
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run git in it, whatever comes of it."""
        done = self._run(arguments)
        told = (each.decode("utf-8", "surrogateescape") for each in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(done.args, done.returncode, *told)

    def blob(self, name: str) -> bytes:
        """The content of one of its objects. Raises CalledProcessError if there is none."""
        done = self._run(["cat-file", "blob", name])
        done.check_returncode()
        return done.stdout

    def _run(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(
            ["git", *options(SETTINGS), *arguments],
            cwd=self.folder,
            env=kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
        )
