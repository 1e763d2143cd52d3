"""Templates of several versions, and projects made from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.cli.sop_new_runs import git
from tests.template.rendering import commit_template, copy_template, pack, read_files, render

WAITING = "template/{{ package_name }}/_core/lifecycle/waiting.py"
LICENCE = "template/{% if license == 'Apache-2.0' %}LICENSE{% endif %}"

Make = Callable[..., Path]


class Versions:
    """A template repository of its own, with one version after another."""

    def __init__(self, folder: Path) -> None:
        self.folder = commit_template(copy_template(folder))

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def render(self, project: Path, answers: Mapping[str, str]) -> Path:
        """A project of the newest version."""
        ref = git(self.folder, "rev-parse", "HEAD").strip()
        return render(self.folder, project, answers, ref=ref)

    def commit(self) -> None:
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--message", "Another version")
        pack(self.folder)


def keep(project: Path) -> Path:
    """Commit what is there."""
    if not (project / ".git").exists():
        git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--allow-empty", "--message", "As it is")
    return project


def files(project: Path) -> Mapping[str, bytes]:
    kept = read_files(project)
    return {name: text for name, text in kept.items() if not name.startswith(".git/")}


def newer(versions: Versions) -> None:
    """A version with a file changed, one new, one gone and one renamed."""
    versions.edit(WAITING, '"""Waits for the end of a step."""', '"""Waits for a step\'s end."""')
    package = versions.folder / "template" / "{{ package_name }}"
    (package / "extra.py").write_text('"""More."""\n')
    (package / "py.typed").unlink()
    core = package / "_core" / "lifecycle"
    (core / "polling.py").rename(core / "asking.py")
    versions.commit()
