"""Makes of what lies on this machine what can be installed on another one."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib.metadata import distributions
from pathlib import Path

from ..environment.packages.build import Packages
from ..environment.packages.content import state_of
from ..environment.packages.installers import find_uv
from ..environment.packages.lines import ARCHIVES, PACKAGE, local_path, name_in
from ..environment.packages.requirements import line_for
from ..environment.workdir import locked

Bring = Callable[[Path], Path]
"""Sends a file in our folder; returns where it is then."""

FIND_LINKS = re.compile(r"--find-links\s+(file:\S+)")


def carried_packages(packages: Packages, folder: Path, bring: Bring) -> Packages:
    """Return the same packages for another machine, where all files are that they need.

    What is installed here is preferred there: without it, pip has searched for a
    quarter of an hour, and steps would run with other versions than their launcher.

    Args:
        packages: What is to be installed.
        folder: Our folder here.
        bring: Sends a file of it.

    Raises:
        RuntimeError: If a package that lies here cannot be built.
    """
    carried = [
        tuple(line for old in lines for line in _carried(old, folder, bring))
        for lines in (packages.requirements, packages.constraints)
    ]
    asked = {name_in(line) for line in packages.requirements}
    return replace(
        packages,
        requirements=carried[0],
        constraints=carried[1],
        preferred=tuple(sorted(_installed_here(asked))),
    )


def _carried(line: str, folder: Path, bring: Bring) -> Iterator[str]:
    if wheels := FIND_LINKS.fullmatch(line):
        place = local_path(f"x @ {wheels[1]}")
        for file in sorted(place.iterdir()) if place else ():
            if file.name.endswith(ARCHIVES):
                there = bring(_kept(file, folder))
                yield f"--find-links {there.parent.as_uri()}"
        return
    path = local_path(line)
    found = PACKAGE.fullmatch(line)
    if path is None or found is None:
        yield line
        return
    there = bring(_kept(path if path.is_file() else _wheel_of(path, folder), folder))
    name = (found["name"] or "").rpartition("@")[0].strip()
    name = name or there.name.partition("-")[0] + (found["extras"] or "")
    marker = re.search(r";.*", found["rest"] or "")
    yield f"{name} @ {there.as_uri()}{f' {marker[0]}' if marker else ''}"


def _kept(file: Path, folder: Path) -> Path:
    """Return a copy of a file in our folder, named after its content."""
    if file.is_relative_to(folder / "wheels"):
        return file
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:32]
    target = folder / "wheels" / digest / file.name
    if not target.exists():
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=folder / "wheels", prefix=".draft-"
        ) as drafts:
            shutil.copyfile(file, Path(drafts) / file.name)
            (Path(drafts) / file.name).replace(target)
    os.utime(target.parent)
    return target


def _wheel_of(source: Path, folder: Path) -> Path:
    """Build a wheel of a package's folder, or find the one built before."""
    key = hashlib.sha256(f"{source} {state_of(source, editable=False)}".encode())
    home = folder / "wheels" / key.hexdigest()[:32]
    with locked(folder / "wheels" / f"{home.name}.lock"):
        if not home.exists():
            with tempfile.TemporaryDirectory(
                dir=folder / "wheels", prefix=".draft-"
            ) as drafts:
                _build_wheel(source, Path(drafts) / "built")
                (Path(drafts) / "built").replace(home)
    os.utime(home)
    [wheel] = home.glob("*.whl")
    return wheel


def _build_wheel(source: Path, target: Path) -> None:
    uv = find_uv()
    command = (
        (uv, "build", "--wheel", "--out-dir", target, source)
        if uv
        else (sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", target, source)
    )
    built = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if built.returncode:
        tail = "\n".join(built.stdout.splitlines()[-20:])
        raise RuntimeError(f"No wheel can be built of {source}:\n{tail}")


def _installed_here(asked: Iterable[str]) -> Iterator[str]:
    """Name the versions of packages that are here and on an index."""
    for installed in distributions():
        line = line_for(installed) if installed.name else ""
        if "==" in line and name_in(line) not in asked:
            yield line
