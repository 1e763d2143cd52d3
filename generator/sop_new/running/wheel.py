"""The commands that make a wheel of a project."""

from __future__ import annotations

import shutil
from pathlib import Path


def build(python: str, project: Path, folder: Path) -> tuple[str, ...]:
    """The command that builds a project's wheel into a folder, with uv or with pip."""
    if uv := shutil.which("uv"):
        # Installed from its folder, uv would take an older build of the project from its cache.
        return uv, "build", "--wheel", "--python", python, "--out-dir", str(folder), str(project)
    return *pip(python), "wheel", "--no-deps", "--wheel-dir", str(folder), str(project)


def pip(python: str) -> tuple[str, ...]:
    """How pip is called."""
    return python, "-m", "pip", "--disable-pip-version-check"
