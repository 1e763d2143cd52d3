"""Carries the source tree to where a step runs."""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

logger = logging.getLogger(__name__)

NEVER_SENT = {".git", ".zen", "__pycache__"}
"""`.zen` names a configuration that steps must not share, see `bootstrap.py`."""

MARKS = ("pyvenv.cfg", "CACHEDIR.TAG")
"""Files that tell virtual environments and caches from folders with code."""

OF_A_HOOK = {"GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE"}
"""What a hook of git leads to its own repository by, whatever folder is asked for."""

DATE = 946684800
"""Of all files in an archive: 2000-01-01. Zip files know no date before 1980."""

DRAFT_SECONDS = 24 * 60 * 60
"""Nobody writes a draft of an archive for longer."""


def archive_tree(root: Path, folder: Path, limit_mib: int) -> Path:
    """Archive the files and links that git does not ignore below a folder.

    The archive's name is made from its content: an unchanged tree is written once,
    whoever owns it and whenever it was checked out. Empty folders stay, as with git.

    Args:
        root: The source root.
        folder: Where archives are kept.
        limit_mib: Largest size of the tree, in MiB.

    Raises:
        RuntimeError: If the tree is larger than that, or cannot be read, or the archive
            cannot be written.
    """
    try:
        files = sorted(_sendable_files(root))
        _check_size(root, files, limit_mib)
        digest = hashlib.sha256()
        for block in _tar(root, files):
            digest.update(block)
        archive = folder / _name(digest.hexdigest())
        return archive if archive.exists() else _write(root, files, folder)
    except OSError as error:
        raise RuntimeError(
            f"The source tree {_shown(root)} cannot be archived in {folder}: {error}. "
            "What steps do not need can be left out by .gitignore."
        ) from error


def _write(root: Path, files: list[Path], folder: Path) -> Path:
    """Write an archive, named after what was written: files may change meanwhile."""
    digest = hashlib.sha256()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _remove_old_drafts(folder)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".draft-")
    draft = Path(name)
    try:
        with (
            os.fdopen(handle, "wb") as raw,
            gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0) as zipped,
        ):
            for block in _tar(root, files):
                digest.update(block)
                zipped.write(block)
        return draft.replace(folder / _name(digest.hexdigest()))
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _remove_old_drafts(folder: Path) -> None:
    for draft in folder.glob(".draft-*"):
        # Others may finish or remove theirs at this moment.
        with suppress(FileNotFoundError):
            if draft.stat().st_mtime < time.time() - DRAFT_SECONDS:
                draft.unlink()


def _name(digest: str) -> str:
    return f"{digest[:32]}.tar.gz"


def _tar(root: Path, files: list[Path]) -> Iterator[bytes]:
    """Make a tar archive of files, block by block."""
    for member, content in _members(root, files):
        yield member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
        yield content + bytes(-len(content) % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _members(root: Path, files: list[Path]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Read files, without what differs between owners and checkouts."""
    for path in files:
        full = root / path
        member = tarfile.TarInfo(str(path))
        member.mtime = DATE
        content = b""
        try:
            if _is_inner_link(root, path):
                member.type, member.linkname = tarfile.SYMTYPE, str(full.readlink())
            else:
                content = full.read_bytes()
                member.size = len(content)
                member.mode = 0o700 if full.stat().st_mode & 0o100 else 0o600
        except FileNotFoundError:
            # It was there when the tree was listed.
            continue
        yield member, content


def _sendable_files(root: Path) -> Iterator[Path]:
    """Find all files and links, relative to the root."""
    # A tree that is ignored as a whole is sent as a whole: somebody runs it.
    for path in _git_files(root) or _all_files(root):
        full = root / path
        if NEVER_SENT.intersection(path.parts):
            continue
        if full.is_file() or _is_inner_link(root, path):
            yield path
        elif os.path.lexists(full):
            logger.warning(
                "Not sent with the step: %s is no file in %s.",
                _shown(path),
                _shown(root),
            )


def _git_files(root: Path) -> set[Path] | None:
    """Ask git for its files and those that it would take; None if it cannot be asked.

    ZenML's own `CodeArchive` splits git's answer at blanks and loses files with a
    blank in their name (ZenML 0.98, utils/code_utils.py).
    """
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return None
    command = ("git", "-C", root, "ls-files", "-z", "--cached", "--others")
    try:
        listed = subprocess.run(
            (*command, "--exclude-standard"),
            env={k: value for k, value in os.environ.items() if k not in OF_A_HOOK},
            capture_output=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        # Such as the repository of another user, which git does not trust.
        words = getattr(error, "stderr", b"").decode(errors="replace") or error
        logger.warning("What git ignores is sent, too, since git fails: %s", words)
        return None
    found = set()
    for path in (Path(os.fsdecode(name)) for name in listed.split(b"\0") if name):
        # A submodule, or a repository that is none.
        inner = _git_files(root / path) if (root / path / ".git").exists() else None
        found |= {path} if inner is None else {path / below for below in inner}
    return found


def _all_files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root, onerror=_warn):
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


def _warn(error: OSError) -> None:
    logger.warning("Not sent with the step: %s", error)


def _is_inner_link(root: Path, path: Path) -> bool:
    """Tell whether a path is a link that still holds when the tree has moved."""
    full = root / path
    return (
        full.is_symlink()
        and not full.readlink().is_absolute()
        and full.resolve().is_relative_to(root.resolve())
    )


def _check_size(root: Path, files: list[Path], limit_mib: int) -> None:
    sizes = {path: _size(root, path) for path in files}
    total = sum(sizes.values()) / 2**20
    if total > limit_mib:
        largest = sorted(files, key=lambda path: sizes[path], reverse=True)[:3]
        raise RuntimeError(
            f"The source tree {_shown(root)} has {total:.0f} MiB, more than "
            f"source_limit_mib={limit_mib}. Its largest files are "
            f"{', '.join(map(_shown, largest))}: add what steps do not need to "
            ".gitignore, or raise the limit."
        )


def _size(root: Path, path: Path) -> int:
    try:
        # A link that travels as a link may lead nowhere.
        travels = _is_inner_link(root, path)
        return (root / path).stat(follow_symlinks=not travels).st_size
    except FileNotFoundError:
        return 0


def _shown(path: Path) -> str:
    """Return a name that can be printed: not every name is UTF-8."""
    return os.fsencode(path).decode(errors="replace")
