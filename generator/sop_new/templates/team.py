"""A team's template: which one is meant, and what is in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sop_new.errors import Code, SopNewError
from sop_new.projects.worktree import WorkTree
from sop_new.templates import history, team_file
from sop_new.templates.history import History
from sop_new.templates.source import Template, canonical_url, for_copier, is_url
from sop_new.templates.team_file import TeamFile

VARIABLE = "SOP_NEW_TEAM"


@dataclass(frozen=True)
class Choice:
    """A team's template, and where it was named.

    Attributes:
        source: a URL, or the absolute path of a folder.
        origin: what names it: the command line, the variable or the file.
    """

    source: str
    origin: str


@dataclass(frozen=True)
class Team:
    """A team's template at one version, and the base that it builds on.

    Attributes:
        file: what the team has decided.
        template: its template.
        ref: which of its commits, for Copier.
        base: the base's template.
        base_ref: which of the base's commits.
        base_version: the same, as Copier notes it down.
    """

    file: TeamFile
    template: Template
    ref: str
    base: Template
    base_ref: str
    base_version: str


def chosen_team(option: str | None) -> Choice | None:
    """The team's template that a command is to use; None if there is none.

    The option comes before the variable SOP_NEW_TEAM, which comes before the user's file; either
    of the first two means none if it is empty.

    Raises:
        SopNewError: it can't be one, or the file can't be read.
    """
    if option is not None:
        return _choice(option, "the command line", Path.cwd())
    if (named := os.environ.get(VARIABLE)) is not None:
        return _choice(named, VARIABLE, Path.cwd())
    file = config_file()
    return _choice(_in_config(file), str(file), file.parent)


def config_file() -> Path:
    """The user's own file of settings for sop-new."""
    from platformdirs import user_config_path

    return user_config_path("sop-new") / "config.yml"


@contextmanager
def opened_team(source: str) -> Iterator[Team]:
    """A team's template as it is: a folder as it stands, a repository at its newest version.

    Args:
        source: a URL, or the absolute path of a folder.

    Raises:
        SopNewError: there is none, or it can't be used.
    """
    if not is_url(source):
        yield from _folder(Path(source))
        return
    with history.of(source) as versions, team_at(versions, versions.newest()) as team:
        yield team


@contextmanager
def team_at(versions: History, commit: str, base_ref: str | None = None) -> Iterator[Team]:
    """A team's template at a commit of its history.

    Args:
        versions: its history.
        commit: the commit.
        base_ref: the base's version, where it is not for the team to name it.

    Raises:
        SopNewError: it can't be used, or its base has no such version.
    """
    where = f"{team_file.NAME} of {versions.template.source}"
    file = team_file.parse(versions.text(commit, team_file.NAME), where)
    yield from _on_base(file, versions.at(commit), commit, where, base_ref)


def _folder(folder: Path) -> Iterator[Team]:
    path = folder / team_file.NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SopNewError(
            Code.TEAM_UNUSABLE,
            f"{folder} is no team's template: {path.name} can't be read there.",
            "Name a folder or a git URL; sop-new team init FOLDER starts a new one.",
        ) from error
    if not (folder / ".git").exists() or not WorkTree(folder).has_a_commit():
        raise SopNewError(
            Code.TEAM_UNUSABLE,
            f"{folder} is no git repository with a commit: its projects could never be updated.",
            "Make one first: git init && git add --all && git commit -m 'As it was started'",
        )
    own = Template(str(folder), folder / "copier.yml")
    yield from _on_base(team_file.parse(text, str(path)), own, "HEAD", str(path), None)


def _on_base(
    file: TeamFile, own: Template, ref: str, where: str, base_ref: str | None
) -> Iterator[Team]:
    with history.of(file.base.source or canonical_url()) as versions:
        version = base_ref or file.base.ref
        commit = versions.known(version) if version else versions.newest()
        base = versions.at(commit)
        file.refuse(base, own, where)
        yield Team(file, own, ref, base, commit, versions.described(commit))


def _choice(named: str, origin: str, folder: Path) -> Choice | None:
    if not named:
        return None
    if not is_url(named):
        return Choice(os.path.normpath(folder / Path(named).expanduser()), origin)
    if _has_credentials(named):
        raise SopNewError(
            Code.TEAM_UNUSABLE,
            f"The URL of the team's template ({origin}) holds a name or password, which projects "
            "would keep.",
            "Leave it out, and let git's credential helper know it.",
        )
    return Choice(for_copier(named), origin)


def _has_credentials(url: str) -> bool:
    parts = urlsplit(url)
    # A token may stand in the place of the name; with ssh, it is a name.
    named = parts.username is not None and "http" in parts.scheme
    return named or parts.password is not None


def _in_config(file: Path) -> str:
    import yaml

    hint = "It is a YAML file with a line like `team: https://git.example.org/ml/sop-team.git`."
    try:
        content = yaml.safe_load(file.read_bytes()) or {}
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise SopNewError(Code.SETTINGS_UNREADABLE, f"{file} can't be read: {why}", hint) from error
    if not isinstance(content, dict) or not isinstance(content.get("team", ""), str):
        raise SopNewError(Code.SETTINGS_UNREADABLE, f"{file} names no team.", hint)
    if unknown := content.keys() - {"team"}:
        raise SopNewError(
            Code.SETTINGS_UNREADABLE, f"{file} has an unknown line: {min(map(str, unknown))}.", hint
        )
    return str(content.get("team", ""))
