"""A generated project, as its answers file tells where it comes from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
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
    import yaml

    path = folder / name
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.safe_load(text)
    except FileNotFoundError:
        raise SopNewError(
            Code.NOT_A_PROJECT,
            f"{folder} is no project of sop-new: it has no {name}.",
            f"Name the project's folder; if the file was deleted: git checkout -- {name}; "
            "if the project was written by hand: sop-new adopt",
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _unreadable(path, " ".join(str(error).split())) from error
    if not isinstance(content, dict):
        raise _unreadable(path, "it holds no answers")
    version = content.get("_commit")
    if not isinstance(content.get("_src_path"), str):
        raise _unreadable(path, "it has no _src_path")
    if not isinstance(version, str | None):
        raise _unreadable(path, "its _commit is no text")
    _refuse_edited(path, text)
    return Noted(
        path=path,
        source=content["_src_path"],
        version=version,
        answers={name: value for name, value in content.items() if not name.startswith("_")},
    )


def _refuse_edited(path: Path, text: str) -> None:
    # Answers and code would say different things, and an update would mix them.
    noted = CHECKSUM.search(text)
    if not noted:
        return
    answers = COPIERS_OWN.sub("", text[noted.end() :])
    if hashlib.sha1(answers.encode(), usedforsecurity=False).hexdigest() != noted["sum"]:
        raise SopNewError(
            Code.ANSWERS_EDITED,
            f"{path} was edited by hand: its answers are no longer those of the code.",
            f"Take it back (git checkout -- {path.name}), then change an answer by "
            "sop-new update -d KEY=VALUE",
        )


def _unreadable(path: Path, why: str) -> SopNewError:
    return SopNewError(
        Code.ANSWERS_UNREADABLE,
        f"{path} can't be used: {why}.",
        f"Take it back as it was: git checkout -- {path.name}",
    )
