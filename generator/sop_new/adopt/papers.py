"""What a project's papers tell of it: pyproject.toml, poetry's tables in it, setup.cfg."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from sop_new.errors import Code, SopNewError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Papers:
    """What papers tell; what they do not tell is empty.

    Attributes:
        file: where it stands, as people are told.
        python: the versions of Python, as a specifier of PEP 440.
    """

    file: str
    name: str = ""
    description: str = ""
    author: str = ""
    email: str = ""
    license: str = ""
    python: str = ""


def papers_of(folder: Path) -> Iterator[Papers]:
    """The papers of a project, those that count most last.

    Raises:
        SopNewError: there are some, and they can't be read.
    """
    yield from _setup_cfg(folder / "setup.cfg")
    content = _toml(folder / "pyproject.toml")
    if poetry := _table(content, "tool", "poetry"):
        yield _poetry(poetry)
    if project := _table(content, "project"):
        yield _project(project)


def _project(table: Mapping[str, Any]) -> Papers:
    listed = table.get("authors")
    authors = [author for author in listed if isinstance(author, dict)] if listed else []
    stated = table.get("license")
    return Papers(
        "pyproject.toml",
        name=_text(table, "name"),
        description=_text(table, "description"),
        author=next(filter(None, (_text(author, "name") for author in authors)), ""),
        email=next(filter(None, (_text(author, "email") for author in authors)), ""),
        license=_text(stated, "text") if isinstance(stated, dict) else _text(table, "license"),
        python=_text(table, "requires-python"),
    )


def _poetry(table: Mapping[str, Any]) -> Papers:
    listed = table.get("authors")
    first = str(listed[0]) if isinstance(listed, list) and listed else ""
    author, email = parseaddr(first)
    return Papers(
        "pyproject.toml, [tool.poetry]",
        name=_text(table, "name"),
        description=_text(table, "description"),
        # Without an address, the whole of it is a name.
        author=author or ("" if "@" in email else first),
        email=email if "@" in email else "",
        license=_text(table, "license"),
        python=_specifier(_text(_table(table, "dependencies"), "python")),
    )


def _specifier(constraint: str) -> str:
    """A constraint as poetry has it, as one of PEP 440: only the oldest version is of interest."""
    alternative = constraint.partition("|")[0]
    parts = re.split(r"[,\s]+(?=[\^~<>=!\d])", alternative.strip())
    return ",".join(re.sub(r"^[\^~](?=\d)", ">=", part) for part in parts if part)


def _setup_cfg(file: Path) -> Iterator[Papers]:
    parser = ConfigParser(interpolation=None)
    try:
        if not parser.read(file, encoding="utf-8"):
            return
    except (OSError, ValueError, ConfigError) as error:
        raise _unreadable(file, error) from error

    def told(section: str, *names: str) -> str:
        values = (parser.get(section, name, fallback="").strip() for name in names)
        # What is read from elsewhere is no text of its own.
        return next(
            (text for text in values if text and not text.startswith(("file:", "attr:"))), ""
        )

    yield Papers(
        "setup.cfg",
        name=told("metadata", "name"),
        description=told("metadata", "description", "summary"),
        author=told("metadata", "author"),
        email=told("metadata", "author_email", "author-email"),
        license=told("metadata", "license"),
        python=told("options", "python_requires", "python-requires"),
    )


def _toml(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> SopNewError:
    return SopNewError(
        Code.DESTINATION_UNUSABLE,
        f"{file} can't be read: {' '.join(str(error).split())}",
        "Mend it, then run this again.",
    )


def _table(content: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        inner = content.get(name)
        content = inner if isinstance(inner, dict) else {}
    return content


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""
