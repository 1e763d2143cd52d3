"""Fetches here what is to be installed on a machine that has no package index.

Neither the indexes and proxies of this machine nor what it knows of them exist there.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..environment.packages.build import Packages, leave_out
from ..environment.packages.installers import (
    Command,
    Installer,
    find_uv,
    pip_variables,
    split_options,
)
from ..environment.workdir import locked
from .carrying import carried_packages

NO_INDEX = re.compile(
    r"error sending request|dns error|tcp connect error|Failed to fetch"
    r"|not found in the package registry|no versions of"
    r"|Failed to establish a new connection|Max retries exceeded|Connection ?refused"
    r"|ConnectTimeout|ReadTimeout|ProxyError|SSLError|name resolution|unreachable"
    r"|No matching distribution found|Could not find a version",
    re.IGNORECASE,
)
"""What installers say that cannot ask an index, or ask one that has not got it (uv 0.6
to 0.13, pip 22 to 26)."""

OLDEST_GLIBC = 5
"""Wheels are made for 2.5 and newer (PEP 513)."""

logger = logging.getLogger(__name__)


def has_no_index(said: str) -> bool:
    """Tell whether an installer may have failed for want of an index."""
    return bool(NO_INDEX.search(said))


def lines_for(wheels: Iterable[Path]) -> tuple[str, ...]:
    """Return the lines of a requirements file that lead to wheels, and nowhere else."""
    folders = sorted({wheel.parent.as_uri() for wheel in wheels})
    return ("--no-index", *(f"--find-links {folder}" for folder in folders))


def fetched_wheels(
    packages: Packages, folder: Path, platform: Mapping[str, Any]
) -> list[Path]:
    """Download wheels of all that is to be installed, or find those of the last time.

    Args:
        packages: What is to be installed.
        folder: Our folder here.
        platform: What the agent tells of that machine.

    Raises:
        RuntimeError: If there are no wheels of something, or no pip.
    """
    there, here = ".".join(platform["python"]), "{}.{}".format(*sys.version_info)
    if there != here:
        # pip takes this machine's version where a requirement asks for one.
        raise RuntimeError(f"Python is {there} there, and {here} here.")
    # Those that lie here stay here: they are sent by themselves.
    local = carried_packages(packages, folder, lambda file: file)
    lines = (local.requirements, local.constraints, local.preferred)
    key = json.dumps((lines, sorted(platform.items())))
    home = folder / "wheels" / hashlib.sha256(key.encode()).hexdigest()[:32]
    with (
        locked(home.with_name(f"{home.name}.lock")) as lock,
        tempfile.TemporaryDirectory(dir=home.parent, prefix=".draft-") as drafts,
    ):
        if not home.exists():
            run = Installer(lock, lambda: True)
            _download(local, Path(drafts), tags_of(platform), run)
            (Path(drafts) / "wheels").replace(home)
    os.utime(home)
    return sorted(home.glob("*.whl"))


def tags_of(platform: Mapping[str, Any]) -> list[str]:
    """Name the platforms whose wheels run on a machine, as pip calls them."""
    name = re.sub(r"[.-]", "_", platform["name"])
    if platform["libc"] != "glibc":
        return [name]
    machine = name.removeprefix("linux_")
    newest = int(platform["version"].split(".")[1])
    minors = range(newest, OLDEST_GLIBC - 1, -1)
    return [
        *(f"manylinux_2_{minor}_{machine}" for minor in minors),
        *(f"manylinux{year}_{machine}" for year in (2014, 2010, 1)),
        name,
    ]


def _download(
    packages: Packages, drafts: Path, tags: Iterable[str], run: Installer
) -> None:
    listed, constraints = drafts / "requirements.txt", drafts / "constraints.txt"
    for file in (listed, constraints):
        # An index's address in them can hold a password.
        file.touch(mode=0o600)
    listed.write_text("\n".join(("-c constraints.txt", *packages.requirements)))
    shown, hidden = split_options(packages.options, prefix="PIP")
    platforms = [part for tag in tags for part in ("--platform", tag)]
    command: Command = (
        *(*_pip(), "download", "--quiet", "--only-binary=:all:", *shown, *platforms),
        *("--dest", drafts / "wheels", "-r", listed),
    )

    def run_with(preferred: tuple[str, ...]) -> None:
        constraints.write_text("\n".join((*packages.constraints, *preferred)))
        run(command, pip_variables(packages.variables) | hidden)

    leave_out(packages.preferred, run_with)


def _pip() -> Command:
    if importlib.util.find_spec("pip"):
        return (sys.executable, "-m", "pip")
    if uv := find_uv():
        return (uv, "tool", "run", "--python", sys.executable, "pip")
    raise RuntimeError("there is no pip here.")
