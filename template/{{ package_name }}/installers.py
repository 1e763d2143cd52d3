"""Finds an installer of packages, and tells it where to take them from."""

from __future__ import annotations

import configparser
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

ADDRESSES = ("INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS")
"""Settings of pip that uv has too, but does not take from pip's configuration."""

ELSEWHERE = ("PIP_PREFIX", "PIP_TARGET")
"""What would lead packages away from the environment that is built."""


def find_uv() -> str | None:
    """Return the path of uv, if it is installed: here or anywhere."""
    here = str(Path(sys.executable).parent)
    return shutil.which("uv", path=os.pathsep.join((here, os.environ.get("PATH", ""))))


def pip_variables(chosen: Mapping[str, str]) -> dict[str, str]:
    """Return pip's environment variables, with those that a step has chosen."""
    return _inherited(chosen) | {"PIP_NO_INPUT": "1", "PIP_USER": "0"}


def uv_variables(chosen: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return uv's environment variables, with those that a step has chosen.

    Args:
        chosen: What the step has chosen.
        folder: Where uv keeps its cache if the usual place cannot be written to.
    """
    variables = _inherited(chosen)
    variables = _addresses_of_pip(variables) | variables
    home = os.path.expanduser("~")  # noqa: PTH111 - there may be none
    caches = variables.get("XDG_CACHE_HOME") or f"{home}/.cache"
    if not _can_write(Path(variables.get("UV_CACHE_DIR") or f"{caches}/uv")):
        variables["UV_CACHE_DIR"] = str(folder / ".uv-cache")
    # uv leaves bytecode to the first start: a second and more for each step.
    return variables | {"UV_COMPILE_BYTECODE": "1"}


def split_options(
    options: Iterable[str], prefix: str
) -> tuple[list[str], dict[str, str]]:
    """Return the options for the command line, and those for the environment.

    An index's address can hold a password, and everybody sees a command line.

    Args:
        options: Options of the installer, each `--name` or `--name=value`.
        prefix: What the installer's environment variables begin with.
    """
    shown, hidden = [], {}
    for option in options:
        name, _, value = option.removeprefix("--").partition("=")
        if "://" in value:
            hidden[f"{prefix}_{name.upper().replace('-', '_')}"] = value
        else:
            shown.append(option)
    return shown, hidden


def _inherited(chosen: Mapping[str, str]) -> dict[str, str]:
    # What is set for the launcher's Python, such as further folders with modules or
    # not to write bytecode, is not meant for the one that is made.
    variables = {
        name: value
        for name, value in (os.environ | chosen).items()
        if not name.startswith("PYTHON") and name not in ELSEWHERE
    }
    return variables | {"GIT_TERMINAL_PROMPT": "0"}


def _addresses_of_pip(variables: Mapping[str, str]) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    with suppress(configparser.Error, UnicodeError):
        parser.read(_configurations_of_pip(variables), encoding="utf-8")
    found = {}
    for name in ADDRESSES:
        option = name.lower().replace("_", "-")
        value = (
            variables.get(f"PIP_{name}")
            or parser.get("install", option, fallback="")
            or parser.get("global", option, fallback="")
        )
        if value:
            separator = "," if name == "FIND_LINKS" else " "
            found[f"UV_{name}"] = separator.join(value.split())
    return found


def _configurations_of_pip(variables: Mapping[str, str]) -> list[str]:
    """Name the files that pip reads, the one that counts most last."""
    own = variables.get("PIP_CONFIG_FILE", "")
    if own == os.devnull:
        return []
    home = os.path.expanduser("~")  # noqa: PTH111 - there may be none
    configuration = variables.get("XDG_CONFIG_HOME") or f"{home}/.config"
    return [
        "/etc/pip.conf",
        f"{home}/.pip/pip.conf",
        f"{configuration}/pip/pip.conf",
        f"{sys.prefix}/pip.conf",
        own,
    ]


def _can_write(folder: Path) -> bool:
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_absolute() and os.access(nearest, os.W_OK)
