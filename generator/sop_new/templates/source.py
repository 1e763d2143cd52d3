"""Where the template is, and what its copier.yml says."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import urlsplit

from sop_new.errors import Code, SopNewError
from sop_new.projects import git
from sop_new.projects.git import git_setting

PACKAGE = Path(__file__).resolve().parents[1]

BUNDLE = "template.bundle"
"""What the template's history is called in an installed package."""

OWN_ENGINE = "blank"
"""The backend whose engine is for somebody else to write."""

SHORT = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
"""What Copier lets stand for the two hosts, whose addresses need no `.git` either."""

AS_GIT = (*SHORT, *SHORT.values(), "git@", "git://", "git+")
"""What Copier takes for an address of git's, beside what ends in `.git`."""

# As git has it: a colon before the first slash.
BY_SSH = re.compile(r"(?:[^/:@]+@)?(?P<host>[^/:@]+):(?P<path>[^/].*)")


@dataclass(frozen=True)
class Template:
    """The template as Copier gets it.

    Attributes:
        source: what Copier is given, and notes down as `_src_path`.
        questionnaire: the template's copier.yml.
        bundle: the git history that stands in for `source`; None if `source` is a folder.
    """

    source: str
    questionnaire: Path
    bundle: Path | None = None

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The content of copier.yml. Raises SopNewError if it can't be read."""
        import yaml

        try:
            content = yaml.safe_load(self.questionnaire.read_bytes())
            if not isinstance(content, dict):
                raise yaml.YAMLError("it holds none")
        except (OSError, yaml.YAMLError) as error:
            raise SopNewError(
                Code.TEMPLATE_FAILED,
                f"The questions of {self.source} can't be read: {' '.join(str(error).split())}",
                f"Mend copier.yml if it is yours, or install git+{canonical_url()} again.",
            ) from error
        return cast(Mapping[str, Any], content)

    @property
    def questions(self) -> Mapping[str, Mapping[str, Any]]:
        """The questions by name, the computed ones included."""
        questions = {name: entry for name, entry in self.config.items() if not name.startswith("_")}
        # Copier takes a plain value for a question with that default.
        return {
            name: entry if isinstance(entry, dict) else {"default": entry}
            for name, entry in questions.items()
        }

    @property
    def computed(self) -> set[str]:
        """The names that follow from other answers and are never asked."""
        return {name for name, entry in self.questions.items() if entry.get("when") is False}

    @property
    def asked(self) -> list[str]:
        """The names of the questions that somebody can answer, in their order."""
        return [name for name in self.questions if name not in self.computed]

    @property
    def backends(self) -> Mapping[str, Mapping[str, str]]:
        """Summary, needs and can of each backend, by name."""
        return cast(Mapping[str, Mapping[str, str]], self.config.get("_backends", {}))

    @contextmanager
    def reachable(self) -> Iterator[None]:
        """While inside, git takes `source` from the bundle: no network is needed.

        Copier's cache of repositories is left alone: it may hold a newer state than the bundle.
        """
        # Copier runs git with the environment that plumbum copied when it was imported.
        from plumbum import local

        before = dict(os.environ)
        with TemporaryDirectory(prefix="sop-new-") as cache, local.env():
            settings = dict(git.NEUTRAL)
            if self.bundle:
                settings[f"url.{self.bundle}.insteadOf"] = address(self.source)
            try:
                os.environ["COPIER_CACHE_DIR"] = cache
                for name in git.ELSEWHERE:
                    os.environ.pop(name, None)
                    local.env.pop(name, "")
                for key, value in settings.items():
                    os.environ.update(git_setting(key, value))
                local.env.update(os.environ)
                yield
            finally:
                os.environ.clear()
                os.environ.update(before)


def unreadable(said: str) -> SopNewError:
    """The error for a git that failed to read the template, and said why."""
    return SopNewError(
        Code.TEMPLATE_FAILED,
        f"git can't read the template: {' '.join(said.split())}",
        "See what it says; `git --version` must be 2.31 or newer.",
    )


def find_template() -> Template:
    """Find the template: the package's own bundle, or the checkout the package lies in.

    Raises:
        SopNewError: there is neither.
    """
    bundle = PACKAGE / BUNDLE
    if bundle.is_file():
        return Template(canonical_url(), PACKAGE / "copier.yml", bundle)
    checkout = PACKAGE.parents[1]
    if (checkout / "copier.yml").is_file():
        return Template(str(checkout), checkout / "copier.yml")
    raise SopNewError(
        Code.TEMPLATE_MISSING,
        "This installation of sop-new carries no template.",
        f"Install git+{canonical_url()}, or a checkout of it as an editable install.",
    )


def address(source: str) -> str:
    """What Copier makes of a template's source before git is given it (copier 9.19, get_repo)."""
    for short, host in SHORT.items():
        source = f"{host}{source[len(short) :].lstrip('/')}" if source.startswith(short) else source
    if source.startswith(tuple(SHORT.values())) and not source.endswith(".git"):
        return f"{source}.git"
    return source.removeprefix("git+")


def for_copier(url: str) -> str:
    """A URL as Copier takes it for one of git's."""
    return url if url.endswith(".git") or url.startswith(AS_GIT) else f"git+{url}"


def is_url(source: str) -> bool:
    """Whether a template is a repository elsewhere, and no folder."""
    return "://" in address(source) or BY_SSH.fullmatch(address(source)) is not None


def same_repository(one: str, other: str) -> bool:
    """Whether two sources are one repository, by whatever protocol and in whatever spelling."""
    return one == other or (is_url(one) and is_url(other) and _place(one) == _place(other))


def _place(url: str) -> tuple[str | None, str]:
    """Host and path; case matters in neither on the hosts that there are."""
    given = address(url)
    by_ssh = None if "://" in given else BY_SSH.fullmatch(given)
    parts = urlsplit(f"ssh://{by_ssh['host']}/{by_ssh['path']}" if by_ssh else given)
    path = parts.path.casefold().rstrip("/").removesuffix(".git")
    return parts.hostname, path.strip("/")


def canonical_url() -> str:
    """The template's repository, as the package's metadata states it."""
    urls: list[str] = metadata("sop-new").get_all("Project-URL") or []
    label = "Repository, "
    return next(url.removeprefix(label) for url in urls if url.startswith(label))


def require_git() -> None:
    """Raise SopNewError unless git is there: Copier reads the template with it."""
    if shutil.which("git") is None:
        raise SopNewError(
            Code.GIT_MISSING,
            "git is not on PATH, and the template is read with it.",
            "Install git 2.31 or newer, then run this again.",
        )
