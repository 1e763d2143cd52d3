"""A generated project, as its answers file tells where it comes from."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sop_new.errors import Code, SopNewError
from sop_new.printing import counted
from sop_new.projects.taken import NOT_TAKEN_FILE
from sop_new.projects.worktree import WorkTree

ANSWERS_FILE = ".copier-answers.yml"
"""Where a project keeps the answers to the base's questions."""

TEAM_ANSWERS_FILE = ".copier-answers.team.yml"
"""Where a project keeps the answers to a team's own questions."""

CORE = "_core"
"""The folder of a package that is the template's, and not for editing."""

Part = Literal["core", "yours"]
"""Whose a file of a project is."""

CHECKSUM = re.compile(r"^# Checksum: (?P<sum>[0-9a-f]+)\n", re.MULTILINE)

# Where the template is may change, and is no answer. A long value goes on in an indented line.
COPIERS_OWN = re.compile(r"^_(?:commit|src_path):.*\n(?: .*\n)*", re.MULTILINE)


@dataclass(frozen=True)
class Noted:
    """What an answers file tells of a template.

    Attributes:
        path: the file.
        source: the template, as Copier noted it down.
        version: the template's version, as git describes it; None if it had no history.
        answers: the answers to its questions.
    """

    path: Path
    source: str
    version: str | None
    answers: Mapping[str, Any]

    @property
    def known_version(self) -> str:
        """The version. Raises SopNewError if there is none."""
        if self.version is None:
            raise _unreadable(self.path, "it has no _commit")
        return self.version


@dataclass(frozen=True)
class Project(WorkTree):
    """A project and the templates that it was made from.

    Attributes:
        base: the base's template.
        team: the team's template, if there is one.
    """

    base: Noted
    team: Noted | None

    @property
    def notes(self) -> list[Noted]:
        """What is known of all its templates, the lowest first."""
        return [self.base, *([self.team] if self.team else [])]

    @property
    def answers(self) -> Mapping[str, Any]:
        """All answers; where both templates have a question, the team's counts."""
        return {name: value for noted in self.notes for name, value in noted.answers.items()}


def files_of(folder: Path) -> list[str]:
    """All files below a folder, as relative paths with slashes, sorted."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def part_of(path: str) -> Part | None:
    """Whose a file of a project is, by its path with slashes; None for what sop-new keeps there."""
    if path in (ANSWERS_FILE, TEAM_ANSWERS_FILE, NOT_TAKEN_FILE):
        return None
    return "core" if CORE in path.split("/")[:-1] else "yours"


def parts_counted(parts: Sequence[Part | None]) -> str:
    """How many files are the core's and how many the owner's, in words."""
    core, yours = parts.count("core"), parts.count("yours")
    return f"{counted(core, 'file')} in {CORE}, {yours} of yours"


def load(folder: Path) -> Project:
    """Read a project's answers.

    Raises:
        SopNewError: there are none, or they are not as Copier wrote them.
    """
    above = (folder / TEAM_ANSWERS_FILE).exists()
    return Project(
        folder=folder,
        base=_read(folder, ANSWERS_FILE),
        team=_read(folder, TEAM_ANSWERS_FILE) if above else None,
    )


def _read(folder: Path, name: str) -> Noted:
    path = folder / name
    try:
        text = path.read_text(encoding="utf-8")
        return parse(path, text)
    except FileNotFoundError:
        raise SopNewError(
            Code.NOT_A_PROJECT,
            f"{folder} is no project of sop-new: it has no {name}.",
            as_it_was(path)
            or "Name the project's folder; if the project was written by hand: sop-new adopt",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, " ".join(str(error).split())) from error


def parse(path: Path, text: str, *, advise: bool = True) -> Noted:
    """Read an answers file.

    Args:
        path: where it is.
        text: what is in it.
        advise: look for what helps, if it can't be used.

    Raises:
        SopNewError: it is not as Copier wrote it.
    """
    import yaml

    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _unreadable(path, " ".join(str(error).split()), advise) from error
    if not isinstance(content, dict):
        raise _unreadable(path, "it holds no answers", advise)
    version = content.get("_commit")
    if not isinstance(content.get("_src_path"), str):
        raise _unreadable(path, "it has no _src_path", advise)
    if not isinstance(version, str | None):
        raise _unreadable(path, "its _commit is no text", advise)
    if _is_edited(text):
        raise _edited(path, version, advise)
    return Noted(
        path=path,
        source=content["_src_path"],
        version=version,
        answers={name: value for name, value in content.items() if not name.startswith("_")},
    )


def as_it_was(path: Path, version: str | None = None) -> str | None:
    """What to run so that an answers file is as it last was in git's history.

    Args:
        path: the file.
        version: the template's version that it must be of; any if it is None.

    Returns:
        None if it was never committed as Copier wrote it.
    """

    def good(text: str) -> bool:
        with suppress(SopNewError):
            noted = parse(path, text, advise=False).version
            return noted is not None and version in (None, noted)
        return False

    tree = WorkTree(path.parent)
    commit = tree.last_commit(path.name, good)
    if not commit:
        return None
    git = "git" if path.parent == Path.cwd() else shlex.join(["git", "-C", str(path.parent)])
    command = f"{git} checkout {commit} -- {path.name}"
    if commit != "HEAD":
        command += f" && {git} commit -m 'Take the answers back' -- {path.name}"
    return f"Take it back as it was: {command}"


def _is_edited(text: str) -> bool:
    noted = CHECKSUM.search(text)
    if not noted:
        return False
    answers = COPIERS_OWN.sub("", text[noted.end() :])
    return hashlib.sha1(answers.encode(), usedforsecurity=False).hexdigest() != noted["sum"]


def _edited(path: Path, version: str | None, advise: bool) -> SopNewError:
    # Answers and code would say different things, and an update would mix them.
    back = as_it_was(path, version) if advise else None
    return SopNewError(
        Code.ANSWERS_EDITED,
        f"{path} was edited by hand: its answers are no longer those of the code.",
        f"{back}; then change an answer: sop-new update -d KEY=VALUE"
        if back
        else "Write back what was there; or, if the answers are those of the code, delete the line "
        "that begins with `# Checksum`. Then commit that.",
    )


def _unreadable(path: Path, why: str, advise: bool = True) -> SopNewError:
    back = as_it_was(path) if advise else None
    return SopNewError(
        Code.ANSWERS_UNREADABLE,
        f"{path} can't be used: {why}.",
        back or "Mend it by hand: git's history has it in no better state.",
    )
