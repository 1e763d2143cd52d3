"""The folder for what this package keeps on disk, and locks in it."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .. import PACKAGE

UNSUPPORTED = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP}
"""What a file system without locks answers."""

VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})", re.ASCII)

MARKS = {
    ".gitignore": "*\n",
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# Step operators keep here what they can make again.\n",
}
"""Files that keep git, backups and source trees from taking a folder along."""


def work_folder(chosen: str | None) -> Path:
    """Return our folder; create it for us alone if it is not there.

    Args:
        chosen: The component's option.

    Raises:
        RuntimeError: If it cannot be created, or is not ours alone.
    """
    try:
        folder = _own_folder(_expanded(chosen)) if chosen else _default_folder()
    except OSError as error:
        raise RuntimeError(
            f"There is no folder for what jobs need on disk, workdir={chosen!r}: "
            f"{error}. Choose one that can be written to."
        ) from error
    for name, text in MARKS.items():
        # They can wait for a disk that is full.
        with suppress(OSError):
            if not (folder / name).exists():
                (folder / name).write_text(text, encoding="utf-8")
    return folder


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Wait for the lock of a file, which is created, and hold it.

    Yields the file's descriptor: a process that inherits it holds the lock as well, and
    the lock is free once the last of them has ended, however it did.

    Raises:
        OSError: If the file cannot be written, or its file system has no locks.
    """
    import fcntl  # There is none on Windows, where images may be used.

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise
            raise OSError(
                f"the file system of {path.parent} has no locks ({error.strerror}). "
                "Mount it with `-o flock` (Lustre) or `-o local_lock=flock` (NFS), or "
                "let the component's workdir be on another one."
            ) from error
        yield file.fileno()


def _default_folder() -> Path:
    folder = _zenml_folder() / "step_operators" / PACKAGE.name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _zenml_folder() -> Path:
    """Return where ZenML has its configuration, or would have it."""
    try:
        from zenml.config.global_config import GlobalConfiguration
    except ModuleNotFoundError:
        # On another machine, the agent runs without it.
        usual = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - there may be no home
        return Path(os.environ.get("ZENML_CONFIG_PATH") or f"{usual}/zenml")
    return Path(GlobalConfiguration().config_directory)


def _expanded(chosen: str) -> Path:
    """Put in home and variables as they are here, and now."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if not os.environ.get(name):
            raise RuntimeError(
                f"workdir={chosen!r} cannot be used here: the variable {name} is not "
                "set, or empty. Set it, or register the component with another workdir."
            )
        return os.environ[name]

    if "$" in VARIABLE.sub("", chosen):
        raise RuntimeError(
            f"workdir={chosen!r} cannot be used: of what a shell expands, only $NAME, "
            "${NAME} and ~ are known."
        )
    path = VARIABLE.sub(value, chosen)
    if chosen.startswith("~"):
        path = os.path.expanduser(path)  # noqa: PTH111 - there may be none
    if not path.startswith("/"):
        raise RuntimeError(
            f"workdir={chosen!r} is {path!r} here, which is no absolute path."
        )
    return Path(path)


def _own_folder(shared: Path) -> Path:
    """Return our folder in one that several users may have chosen.

    Raises:
        RuntimeError: If others have made it, or could change the code that steps run.
    """
    _make_shared(shared)
    folder = shared / _account(os.geteuid())
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except PermissionError as error:
        owner = _account(shared.stat().st_uid)
        raise RuntimeError(
            f"You cannot make a folder in {shared}: ask {owner} for `chmod 1777 "
            f"{shared}`, or choose another workdir."
        ) from error
    owners = {folder.lstat().st_uid, folder.stat().st_uid} - {os.geteuid()}
    if owners:
        raise RuntimeError(
            f"{folder} belongs to {', '.join(map(_account, owners))}, not to you: ask "
            "them to remove it, or choose another workdir."
        )
    if folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise RuntimeError(
            f"Others can write to {folder}, where the code of your steps lies: see "
            f"what is in it, then `chmod 700 {folder}`, or choose another workdir."
        )
    return folder


def _make_shared(folder: Path) -> None:
    """Make a folder in which every user may make one, as in /tmp, if there is none."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        # Somebody else may be faster.
        with suppress(FileExistsError):
            path.mkdir(mode=0o755)
            # Whatever the umask has taken away.
            bits = 0o1777 if path == folder else 0o755
            path.chmod(stat.S_IMODE(path.stat().st_mode) | bits)


def _account(number: int) -> str:
    """Return an account's name, or its number where it has none that names a folder."""
    import pwd  # There is none on Windows, where images may be used.

    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
    return name if re.fullmatch(r"(?!\.+$)[^/\0]+", name) else str(number)
