"""Renders the template as it stands in the work tree, committed or not."""

import os
import shutil
import subprocess
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import copier
import yaml
from jinja2 import Environment

REPOSITORY = Path(__file__).resolve().parents[2]
ANSWERS_FILE = ".copier-answers.yml"

_AUTHOR = {"NAME": "sop-new", "EMAIL": "tests@example.org", "DATE": "2000-01-01T00:00:00Z"}
_FIXED_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_AUTHOR_{key}": value for key, value in _AUTHOR.items()},
    **{f"GIT_COMMITTER_{key}": value for key, value in _AUTHOR.items()},
}


def compile_once() -> None:
    """Let Jinja compile a text once: Copier does all parts of all paths anew in each rendering."""
    compile_anew = Environment.compile
    compiled: dict[Hashable, Any] = {}

    def compile(self: Environment, source: str, *arguments: Any, **named: Any) -> Any:
        key = (type(self), self.lexer, source, arguments, *named.items())
        if key not in compiled:
            compiled[key] = compile_anew(self, source, *arguments, **named)
        return compiled[key]

    Environment.compile = compile  # type: ignore[assignment, method-assign]


compile_once()


def git(folder: Path, *arguments: str) -> str:
    """What git prints for `arguments` in `folder`; the user's own configuration has no say."""
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env=os.environ | _FIXED_GIT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def template_files() -> list[Path]:
    """What Copier reads of the repository, as paths relative to it, ignored files left out."""
    listed = git(
        REPOSITORY,
        *("ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        *("--", "copier.yml", "partials", "template"),
    )
    names = {Path(name) for name in listed.split("\0") if name}
    return sorted(name for name in names if (REPOSITORY / name).is_file())


def copy_template(folder: Path) -> Path:
    """Copy what Copier reads of the repository: a folder without git renders fastest."""
    for name in template_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    return folder


def commit_template(folder: Path) -> Path:
    """Make a repository of `folder`: a clean one, whose only commit depends on no clock."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message=Template")
    pack(folder)
    return folder


def pack(repository: Path) -> None:
    """Let a repository be few files, since each rendering clones it and removes the clone."""
    git(repository, "gc", "--quiet")


def read_questions() -> dict[str, dict[str, Any]]:
    """The questions of copier.yml by name, its settings left out."""
    settings = yaml.safe_load((REPOSITORY / "copier.yml").read_text(encoding="utf-8"))
    return {name: value for name, value in settings.items() if not name.startswith("_")}


def render(
    source: Path,
    project: Path,
    answers: Mapping[str, str],
    *,
    pretend: bool = False,
    ref: str = "HEAD",
) -> Path:
    """A project made by Copier's own API; a question without an answer takes its default.

    Raises:
        ValueError: if an answer is refused.
    """
    copier.run_copy(
        str(source),
        project,
        data=dict(answers),
        settings=copier.Settings(),
        defaults=True,
        pretend=pretend,
        quiet=True,
        vcs_ref=ref,
    )
    return project


def read_files(project: Path) -> dict[str, bytes]:
    """The bytes of every file by its path in the project, with `/` between the parts."""
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in sorted(project.rglob("*"))
        if path.is_file()
    }
