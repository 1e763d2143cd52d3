"""Builds the Python environment that a step's Docker settings ask for."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .installers import find_uv, pip_variables, split_options, uv_variables
from .requirements import Packages, local_path

Command = tuple[str | Path, ...]

logger = logging.getLogger(__name__)


def build_environment(packages: Packages, folder: Path) -> Path:
    """Build an environment, or find the one built before; return its interpreter.

    Raises:
        RuntimeError: If a package cannot be installed, with the installer's words, or
            the environment cannot be written.
    """
    home = folder / _key(packages)
    complete = home / ".complete"
    try:
        # Without the lock, which a process left behind by a build may hold for ever.
        if not complete.exists():
            with _locked(folder / f"{home.name}.lock") as lock:
                if not complete.exists():
                    logger.info("Building an environment for the step in %s.", home)
                    _build(packages, home, lock)
                    complete.touch()
    except OSError as error:
        raise RuntimeError(
            f"The step's environment {home} could not be built: {error}"
        ) from error
    return home / "bin" / "python"


def _key(packages: Packages) -> str:
    """Name an environment by all that it is made from."""
    inputs = (
        packages.requirements,
        packages.options,
        sorted(packages.variables.items()),
        [_states(line) for line in packages.requirements],
        (sys.version, sysconfig.get_platform(), sys.base_prefix),
    )
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:32]


def _states(line: str) -> list[tuple[int, int]]:
    """Tell apart the states of what lies on this machine, as the installers do."""
    path = local_path(line)
    if path is None:
        return []
    files = (path, path / "pyproject.toml", path / "setup.py", path / "setup.cfg")
    stats = [file.stat() for file in files if file.is_file()]
    return [(stat.st_size, stat.st_mtime_ns) for stat in stats]


def _build(packages: Packages, home: Path, lock: int) -> None:
    if home.exists():
        # A builder that was killed left something here, and no mark.
        shutil.rmtree(home)
    try:
        _install(packages, home, lock)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise


def _install(packages: Packages, home: Path, lock: int) -> None:
    python = home / "bin" / "python"
    make: Command
    install: Command
    uv = None if packages.prefer_pip else find_uv()
    if uv:
        variables = uv_variables(packages.variables, home.parent)
        make = (uv, "venv", "--python", sys.executable, home)
        install = (uv, "pip", "install", "--python", python)
    else:
        _refuse_hashes(packages)
        variables = pip_variables(packages.variables)
        make = (sys.executable, "-m", "venv", home)
        install = (python, "-m", "pip", "install", "--compile")
    shown, hidden = split_options(packages.options, prefix="UV" if uv else "PIP")

    _run(make, variables, lock)
    listed = home / "requirements.txt"
    # In a file of our own, since an index's address can hold a password.
    listed.touch(mode=0o600)
    listed.write_text("\n".join(packages.requirements), encoding="utf-8")
    _run((*install, *shown, "-r", listed), variables | hidden, lock)


def _refuse_hashes(packages: Packages) -> None:
    if any("--hash" in line for line in packages.requirements):
        raise RuntimeError(
            "The step's requirements hold hashes, and pip then refuses this package, "
            "which has none: install uv, or export the requirements without hashes."
        )


def _run(argv: Command, variables: Mapping[str, str], lock: int) -> None:
    with subprocess.Popen(
        argv,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        # If this process is killed, nobody builds here before its installer is gone.
        pass_fds=(lock,),
    ) as process:
        try:
            said, _ = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        tail = "\n".join(said.splitlines()[-20:])
        masked = re.sub(r"(?<=://)[^/\s]+@", "***@", tail)
        raise RuntimeError(
            f"The step's environment could not be built:\n{masked}\n"
            "Beside what the step's Docker settings ask for, it holds ZenML and this "
            "package as they are here: the settings cannot ask for other versions."
        )


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
