"""Templates in git repositories, and their versions."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sop_new.errors import Code, SopNewError
from sop_new.projects import git
from sop_new.templates import releases
from sop_new.templates.installed import upgrade
from sop_new.templates.source import (
    Template,
    address,
    canonical_url,
    find_template,
    for_copier,
    is_url,
    same_repository,
)


@dataclass(frozen=True)
class History:
    """A template's history, in a repository of one's own.

    Attributes:
        template: the template as it is now; Copier takes it from that repository.
        repository: the repository's folder.
        head: what its newest version is called in it.
    """

    template: Template
    repository: Path
    head: str = "HEAD"

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
            f"The template {self.template.source} has no version {version} here.",
            f"It may never have been committed, or be newer than this sop-new; then: {upgrade()}",
        )

    def newest(self) -> str:
        """The commit of the newest version."""
        return self.known(self.head)

    def follows(self, later: str, earlier: str) -> bool:
        """Whether a commit comes after another one."""
        done = self._git("merge-base", "--is-ancestor", earlier, later)
        return later != earlier and done.returncode == 0

    def described(self, commit: str) -> str:
        """A commit as Copier notes it down."""
        return self._git("describe", "--tags", "--always", commit).stdout.strip()

    def at(self, commit: str) -> Template:
        """The template with the questions that it had at a commit."""
        questionnaire = self.repository.parent / f"{commit}.yml"
        questionnaire.write_text(self.text(commit, "copier.yml"), encoding="utf-8")
        return replace(self.template, questionnaire=questionnaire)

    def text(self, commit: str, name: str) -> str:
        """A file as it was at a commit. Raises SopNewError if there was none."""
        if (shown := self.text_if_any(commit, name)) is not None:
            return shown
        raise SopNewError(
            Code.TEMPLATE_UNKNOWN,
            f"The template {self.template.source} has no {name} at {self.described(commit)}.",
            "Name another template, or another version of it.",
        )

    def text_if_any(self, commit: str, name: str) -> str | None:
        """A file as it was at a commit; None if there was none."""
        shown = self._git("show", f"{commit}:{name}")
        # What is no UTF-8 is for nobody to read.
        return None if shown.returncode else shown.stdout.encode(errors="replace").decode()

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return git.run("-C", str(self.repository), *arguments, settings=git.NEUTRAL)


@contextmanager
def of(source: str) -> Iterator[History]:
    """The history of a template.

    Args:
        source: what Copier notes down as `_src_path`: a URL, or the absolute path of a folder.

    Raises:
        SopNewError: it can't be found.
    """
    found = _template(source)
    with TemporaryDirectory(prefix="sop-new-") as folder:
        repository = Path(folder, "template.git")
        origin = str(found.bundle or address(found.source))
        clone = ("clone", "--quiet", "--bare", "--", origin, str(repository))
        try:
            git.run(*clone, settings=git.NEUTRAL).check_returncode()
            # As Copier has it. What is ours was installed, and a folder is taken as it stands.
            elsewhere = not found.bundle and is_url(source)
            head = releases.newest(repository) if elsewhere else "HEAD"
            releases.tag(repository)
        except subprocess.CalledProcessError as error:
            said = " ".join(error.stderr.split())
            raise unknown(source, f"git can't read it: {said}") from error
        yield History(replace(found, bundle=repository), repository, head)


def _template(source: str) -> Template:
    """The template that is meant: ours, a folder, or a repository elsewhere."""
    ours = find_template()
    if source == ours.source:
        return ours
    if is_url(source):
        # A checkout stands in for the repository that it is one of.
        here = ours.bundle or Path(ours.source)
        bundle = here if same_repository(source, canonical_url()) else None
        return replace(ours, source=for_copier(source), bundle=bundle)
    folder = Path(source).expanduser()
    if not folder.is_absolute():
        raise unknown(source, "it is a relative path, and nobody knows from where")
    if not folder.exists():
        raise unknown(source, "there is nothing any more")
    return replace(ours, source=source, bundle=None)


def unknown(source: str, why: str) -> SopNewError:
    """The error for a template that can't be found."""
    return SopNewError(
        Code.TEMPLATE_UNKNOWN,
        f"The template {source} can't be used: {why}.",
        f"See whether it is there and can be read; that of sop-new is {canonical_url()}",
    )
