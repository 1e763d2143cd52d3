"""Carries the source tree to where a step runs."""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

logger = logging.getLogger(__name__)

NEVER_SENT = {".git", ".zen", "__pycache__"}
"""`.zen` names a configuration that steps must not share, see `bootstrap.py`."""

MARKS = ("pyvenv.cfg", "CACHEDIR.TAG")
"""Files that tell virtual environments and caches from folders with code."""


def archive_tree(root: Path, folder: Path, limit_mib: int) -> Path:
    """Archive what git does not ignore below a folder.

    The archive's name is made from its content: an unchanged tree is written once.

    Args:
        root: The source root.
        folder: Where archives are kept.
        limit_mib: Largest size of the tree, in MiB.

    Raises:
        RuntimeError: If the tree is larger than that.
    """
    files = sorted(_sendable_files(root))
    _check_size(root, files, limit_mib)
    target = folder / f"{_digest(root, files)}.tar.gz"
    if not target.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=folder, prefix=".draft-")
        try:
            with os.fdopen(handle, "wb") as raw:
                _write(root, files, raw)
            Path(draft).replace(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    return target


def _sendable_files(root: Path) -> Iterator[Path]:
    """Find all files and links, relative to the root."""
    # A tree that is ignored as a whole is sent as a whole: somebody runs it.
    for path in _git_files(root) or _all_files(root):
        full = root / path
        if NEVER_SENT.intersection(path.parts):
            continue
        if full.is_file() or _is_inner_link(root, path):
            yield path
        else:
            logger.warning("Not sent with the step: %s is no file in %s.", path, root)


def _git_files(root: Path) -> set[Path]:
    """Ask git; return nothing outside of a repository, or without git.

    ZenML's own `CodeArchive` splits git's answer at blanks and loses files with a
    blank in their name (ZenML 0.98, utils/code_utils.py).
    """
    found = b""
    for kind in (
        ("--cached", "--recurse-submodules"),
        ("--others", "--exclude-standard"),
    ):
        try:
            found += subprocess.run(
                ("git", "-C", root, "ls-files", "-z", *kind),
                capture_output=True,
                check=True,
            ).stdout
        except (OSError, subprocess.CalledProcessError):
            return set()
    return {Path(os.fsdecode(name)) for name in found.split(b"\0") if name}


def _all_files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = [
            name
            for name in folders
            if name not in NEVER_SENT
            and not any((here / name / mark).exists() for mark in MARKS)
        ]
        links = (name for name in folders if (here / name).is_symlink())
        for name in (*files, *links):
            yield (here / name).relative_to(root)


def _is_inner_link(root: Path, path: Path) -> bool:
    """Tell whether a path is a link that still holds when the tree has moved."""
    full = root / path
    return (
        full.is_symlink()
        and not full.readlink().is_absolute()
        and full.resolve().is_relative_to(root.resolve())
    )


def _check_size(root: Path, files: list[Path], limit_mib: int) -> None:
    # A link that travels as a link may lead nowhere.
    sizes = {
        path: (root / path).stat(follow_symlinks=not _is_inner_link(root, path)).st_size
        for path in files
    }
    total = sum(sizes.values()) / 2**20
    if total > limit_mib:
        largest = sorted(files, key=lambda path: sizes[path], reverse=True)[:3]
        raise RuntimeError(
            f"The source tree {root} has {total:.0f} MiB, more than source_limit_mib="
            f"{limit_mib}. Its largest files are {', '.join(map(str, largest))}: add "
            "what steps do not need to .gitignore, or raise the limit."
        )


def _digest(root: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        full = root / path
        if _is_inner_link(root, path):
            kind, content = "link", os.fsencode(full.readlink())
        else:
            kind, content = f"{full.stat().st_mode:o}", full.read_bytes()
        digest.update(os.fsencode(path) + f"\0{kind}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def _write(root: Path, files: list[Path], raw: IO[bytes]) -> None:
    with (
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for path in files:
            full = root / path
            tar.dereference = not _is_inner_link(root, path)
            tar.add(full, arcname=path, recursive=False)
