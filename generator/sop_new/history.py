"""The template that a project was made from, and its versions."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sop_new import template
from sop_new.errors import Code, SopNewError
from sop_new.project import Project
from sop_new.template import Template

UPGRADE = "pip install --upgrade sop-new, or the like; then run this again."


@dataclass(frozen=True)
class History:
    """The template's history, in a repository of one's own.

    Attributes:
        template: the template; Copier takes it from that repository.
        repository: the repository's folder.
    """

    template: Template
    repository: Path

    def commit(self, version: str) -> str | None:
        """The commit of a version as git describes it; None if there is none."""
        found = self._git("rev-parse", "--quiet", "--verify", f"{version}^{{commit}}")
        return found.stdout.strip() if found.returncode == 0 else None

    def known(self, version: str) -> str:
        """The same. Raises SopNewError if there is none."""
        if found := self.commit(version):
            return found
        raise SopNewError(
            Code.VERSION_UNKNOWN,
            f"The template that this sop-new knows has no version {version}.",
            f"The project may be newer than this sop-new: {UPGRADE}",
        )

    def follows(self, later: str, earlier: str) -> bool:
        """Whether a commit comes after another one."""
        done = self._git("merge-base", "--is-ancestor", earlier, later)
        return later != earlier and done.returncode == 0

    def described(self, commit: str) -> str:
        """A commit as Copier notes it down."""
        return self._git("describe", "--tags", "--always", commit).stdout.strip()

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["git", "-C", str(self.repository), *arguments]
        return subprocess.run(command, capture_output=True, text=True)


@contextmanager
def of(project: Project) -> Iterator[History]:
    """The history of the template that a project was made from.

    Raises:
        SopNewError: that template can't be found.
    """
    source = _template(project)
    with TemporaryDirectory(prefix="sop-new-") as folder:
        repository = Path(folder, "template.git")
        origin = str(source.bundle or source.source)
        command = ["git", "clone", "--quiet", "--bare", origin, str(repository)]
        variables = os.environ | {"GIT_TERMINAL_PROMPT": "0"}
        done = subprocess.run(command, capture_output=True, text=True, env=variables)
        if done.returncode:
            raise _unknown(project, f"git can't read it: {' '.join(done.stderr.split())}")
        yield History(replace(source, bundle=repository), repository)


def _template(project: Project) -> Template:
    """The template that a project names: ours, a folder, or a repository elsewhere."""
    ours = template.find()
    if project.source == ours.source:
        return ours
    if project.source == template.canonical_url():
        # A checkout stands in for the repository that it is one of.
        return replace(ours, source=project.source, bundle=Path(ours.source))
    if "://" in project.source or project.source.startswith("git@"):
        return replace(ours, source=project.source, bundle=None)
    folder = Path(project.source).expanduser()
    if not folder.is_absolute():
        raise _unknown(project, "it is a relative path, and nobody knows from where")
    if not folder.exists():
        raise _unknown(project, "there is nothing any more")
    return replace(ours, source=project.source, bundle=None)


def _unknown(project: Project, why: str) -> SopNewError:
    return SopNewError(
        Code.TEMPLATE_UNKNOWN,
        f"The project comes from the template {project.source}: {why}.",
        f"Name it rightly as _src_path in {project.answers_file}; that of sop-new is "
        f"{template.canonical_url()}",
    )
