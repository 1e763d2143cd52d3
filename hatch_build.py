"""Puts the template into what is built: its git history as a bundle, and its questions.

A checkout provides both from its last commit; an sdist carries them for the wheel made of it. An
editable install needs neither: it reads the checkout.
"""

from __future__ import annotations

import os
import runpy
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLE = "template.bundle"
QUESTIONS = "copier.yml"


class TemplateHook(BuildHookInterface[Any]):
    """Adds template.bundle and copier.yml to the package sop_new."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatchling's call before a build: names the two files that join the package."""
        if version == "editable":
            return
        package = "sop_new" if self.target_name == "wheel" else "generator/sop_new"
        for file in self._template():
            build_data["force_include"][str(file)] = f"{package}/{file.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Hatchling's call after a build: removes what only the build needed."""
        if hasattr(self, "temporary"):
            self.temporary.cleanup()

    def _template(self) -> list[Path]:
        root = Path(self.root)
        if is_checkout(root):
            self.temporary = TemporaryDirectory(prefix="sop-new-build-")
            return exported(root, Path(self.temporary.name))
        carried = [root / "generator" / "sop_new" / name for name in (BUNDLE, QUESTIONS)]
        if all(file.is_file() for file in carried):
            return carried
        raise RuntimeError(
            f"{root} is neither a git checkout nor an unpacked sdist of sop-new, so there is no "
            "history of the template to put into the package. Build from a git clone."
        )


def is_checkout(root: Path) -> bool:
    """Whether a folder is the top of a git checkout, not only somewhere inside one."""
    if not (root / ".git").exists():
        return False
    if git(root, "rev-parse", "--is-shallow-repository").strip() == b"true":
        raise RuntimeError(
            f"{root} is a shallow clone, and updates of projects need the template's whole "
            "history. Run `git fetch --unshallow`, then build again."
        )
    return True


def exported(root: Path, folder: Path) -> list[Path]:
    """Write the last commit's history and questions into a folder; returns the two files."""
    bundle, questions = folder / BUNDLE, folder / QUESTIONS
    given, copy = folder / "checkout.bundle", folder / "copy.git"
    tags = git(root, "for-each-ref", "--merged=HEAD", "--format=%(refname)", "refs/tags")
    git(root, "bundle", "create", "--quiet", str(given), "HEAD", *tags.decode().split())
    # The checkout is its owner's: what it lacks of tags is added to a copy.
    git(folder, "clone", "--quiet", "--bare", str(given), str(copy))
    releases = runpy.run_path(str(root / "generator" / "sop_new" / "templates" / "releases.py"))
    releases["tag"](copy)
    git(copy, "bundle", "create", "--quiet", str(bundle), "HEAD", "--tags")
    questions.write_bytes(git(root, "show", f"HEAD:{QUESTIONS}"))
    return [bundle, questions]


def git(root: Path, *arguments: str) -> bytes:
    """Run git in a folder and return what it prints. Raises RuntimeError if it fails."""
    try:
        command = ["git", "-c", f"core.hooksPath={os.devnull}", *arguments]
        done = subprocess.run(command, cwd=root, capture_output=True)
    except FileNotFoundError as error:
        raise RuntimeError("git is not on PATH, and the build needs it.") from error
    if done.returncode:
        raise RuntimeError(f"git {arguments[0]} failed: {done.stderr.decode().strip()}")
    return done.stdout
