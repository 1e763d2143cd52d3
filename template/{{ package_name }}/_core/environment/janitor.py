"""Removes from the work folder what nobody has used for long.

    jobs/zenml-ID        used as long as anything in it changes
    environments/KEY     used when its mark `.complete` was renewed
    sources/KEY.tar.gz   used when its date was
    wheels/KEY           likewise
    */.draft-*           what somebody who was killed has left behind

Nothing else is touched, and no link is followed. What is removed is renamed first: a
removal that is cut off leaves nothing that looks whole, and whoever uses a thing at
this moment either keeps it or makes it again. So several may do it at once.
"""

from __future__ import annotations

import logging
import math
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

logger = logging.getLogger(__name__)

JOB = re.compile(r"zenml-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ENVIRONMENT = re.compile(r"([0-9a-f]{32})(-\d+)?")
ARCHIVE = re.compile(r"[0-9a-f]{32}\.tar\.gz")
WHEEL = re.compile(r"[0-9a-f]{32}")

KEEP_DAYS = 30
"""The default of the component's option."""

DRAFT = ".draft-"
STAMP = ".tidied"

LOCKS = ("claim", "lock")
"""Files of a job that it holds locked while it runs."""

ENDS = ("end", "exit_code", "cancelled")
"""Files of a job that has ended, or was told to: `exit_code` in older versions."""

DAY = 24 * 60 * 60

SILENT_DAYS = 30
"""How long a job can wait or run without changing anything in its folder."""

_tidied: set[Path] = set()


def tidy(folder: Path, keep_days: int) -> None:
    """Remove what nobody has used for so many days, once in a process, and aside.

    Args:
        folder: The work folder.
        keep_days: The component's option.
    """
    if folder not in _tidied:
        _tidied.add(folder)
        # Without it, the next launcher does it.
        with suppress(RuntimeError):
            threading.Thread(
                target=remove_unused,
                args=(folder, keep_days),
                name="janitor",
                daemon=True,
            ).start()


def remove_unused(folder: Path, keep_days: int) -> None:
    """Remove what nobody has used for so many days, unless that was done today."""
    try:
        now = _begin(folder / STAMP)
        if now:
            _remove_unused(folder, now, keep_days)
    except Exception as error:
        logger.warning("What is old in %s was not removed: %s", folder, error)


def _begin(stamp: Path) -> float | None:
    """Return the time by the clock of the files, if nobody has tidied for a day."""
    with suppress(OSError):
        # Dates in the future are no reason to wait for them.
        if abs(time.time() - stamp.stat().st_mtime) < DAY:
            return None
    try:
        stamp.touch(mode=0o600)
        return stamp.stat().st_mtime
    except OSError:
        # A disk that is full needs it most.
        return time.time()


def _remove_unused(folder: Path, now: float, keep_days: int) -> None:
    before = now - keep_days * DAY
    silent_since = now - max(keep_days, SILENT_DAYS) * DAY
    used, aside = before, []
    for job in _named(folder / "jobs", JOB):
        if _may_live(job, silent_since):
            # It uses what it was given when it was submitted.
            used = min(used, _oldest(job) - DAY)
        elif not _changes_after(job, before):
            aside += _set_aside(job, before)
    for environment in _named(folder / "environments", ENVIRONMENT):
        with _own_lock(environment) as is_held:
            if is_held:
                aside += _set_aside(environment, used)
    for archive in _named(folder / "sources", ARCHIVE, is_file=True):
        aside += _set_aside(archive, used)
    for wheel in _named(folder / "wheels", WHEEL):
        aside += _set_aside(wheel, used)
    # This takes long, and can be cut off.
    for path in (*aside, *_left_behind(folder, now - DAY)):
        _delete(path)


def _left_behind(folder: Path, before: float) -> Iterator[Path]:
    for kind in ("jobs", "environments", "sources", "wheels"):
        for entry in _found(folder / kind):
            if entry.name.startswith(DRAFT):
                # Others may finish or remove theirs at this moment.
                with suppress(FileNotFoundError):
                    if _last_use(Path(entry)) < before:
                        yield Path(entry)


def _found(folder: Path) -> list[os.DirEntry[str]]:
    if folder.is_symlink() or not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.is_symlink()]


def _named(folder: Path, pattern: re.Pattern[str], is_file: bool = False) -> list[Path]:
    return [
        Path(entry)
        for entry in _found(folder)
        if pattern.fullmatch(entry.name) and entry.is_file() == is_file
    ]


def _may_live(job: Path, silent_since: float) -> bool:
    """Tell whether a job may wait or run; what has no locks may, for a while."""
    if any(_is_locked(job / name) for name in LOCKS):
        return True
    has_ended = any((job / name).exists() for name in ENDS)
    return not has_ended and _changes_after(job, silent_since)


def _changes_after(folder: Path, moment: float) -> bool:
    for here, folders, files in os.walk(folder):
        for name in (".", *folders, *files):
            # What goes at this moment is a change, too.
            with suppress(OSError):
                if Path(here, name).lstat().st_mtime <= moment:
                    continue
            return True
    return False


def _oldest(job: Path) -> float:
    try:
        return min(path.lstat().st_mtime for path in (job, *job.iterdir()))
    except FileNotFoundError:
        # It has ended, and was removed.
        return math.inf


def _last_use(path: Path) -> float:
    dates = [path.lstat().st_mtime]
    with suppress(OSError):
        dates.append((path / ".complete").lstat().st_mtime)
    return max(dates)


def _set_aside(path: Path, before: float) -> list[Path]:
    """Rename what was not used since a moment; return what is to be deleted."""
    aside = path.with_name(f"{DRAFT}{path.name}-{os.getpid()}")
    try:
        if _last_use(path) >= before:
            return []
        path.rename(aside)
        if _last_use(aside) >= before:
            # Somebody took it a moment ago.
            aside.rename(path)
            return []
    except FileNotFoundError:
        # Somebody else was faster.
        return []
    except OSError as error:
        logger.warning("%s is old and could not be removed: %s", path, error)
        return []
    return [aside]


def _delete(path: Path) -> None:
    try:
        if not path.is_dir():
            path.unlink()
            return
        shutil.rmtree(path, ignore_errors=True)
        if path.exists():
            # Steps make folders that cannot be written to.
            path.chmod(0o700)
            for here, folders, _ in os.walk(path):
                for folder in (Path(here, name) for name in folders):
                    if not folder.is_symlink():
                        folder.chmod(0o700)
            shutil.rmtree(path)
    except FileNotFoundError:
        # Somebody else is at it.
        return
    except OSError as error:
        logger.warning("%s could not be removed: %s", path, error)


def _is_locked(path: Path) -> bool:
    import fcntl  # There is none on Windows, where images may be used.

    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        # It is not there, or nothing can be locked.
        return False
    return False


@contextmanager
def _own_lock(environment: Path) -> Iterator[bool]:
    """Hold back who would build an environment; false if somebody does."""
    import fcntl

    key = environment.name.partition("-")[0]
    with environment.with_name(f"{key}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
