"""The git repository that a new project lies in, or is to get."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from pathlib import Path

from sop_new.projects import git

GITHUB, GITLAB = ".github/workflows/", ".gitlab-ci.yml"


def commands_to_keep(project: Path) -> list[str]:
    """What puts a project that no repository holds into one; without it, nothing is updated."""
    if repository_of(project):
        return []
    return ["git init && git add --all && git commit -m 'As it was made'"]


def notes_on_ci(project: Path, files: Collection[str]) -> list[str]:
    """What to move where nobody would run a project's CI, since it is not at the top.

    Args:
        project: its absolute path; it need not be there yet.
        files: paths of its files, with slashes.
    """
    top = repository_of(project)
    if top in (None, project):
        return []
    below = shlex.quote(project.relative_to(top).as_posix())
    notes = []
    if any(name.startswith(GITHUB) for name in files):
        notes.append(
            f"GitHub runs the workflows at the top of a repository alone, and that is {top}. "
            f"Move those of {GITHUB} there, each with "
            f"`defaults: {{run: {{working-directory: {below}}}}}` and with "
            f"{below}/pyproject.toml as cache-dependency-path."
        )
    if GITLAB in files:
        notes.append(
            f"GitLab runs the {GITLAB} at the top of a repository alone, and that is {top}. Let it "
            f"have `include: {below}/{GITLAB}` and `default: {{before_script: [cd {below}]}}`."
        )
    return notes


def repository_of(project: Path) -> Path | None:
    """The top of the repository that holds a folder; None if there is none, or it ignores it."""
    there = next(folder for folder in (project, *project.parents) if folder.is_dir())
    found = git.run("-C", str(there), "rev-parse", "--show-toplevel")
    ignored = git.run("-C", str(there), "check-ignore", "--quiet", str(project))
    if found.returncode or ignored.returncode == 0:
        return None
    return Path(found.stdout.rstrip("\n"))
