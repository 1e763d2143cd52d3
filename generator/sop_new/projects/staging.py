"""A project appears in its destination whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from sop_new import interrupts
from sop_new.errors import Code, SopNewError


def place_of(destination: str) -> Path:
    """The absolute path of a destination, as a user has named it.

    Raises:
        SopNewError: it has no name, or leads nowhere.
    """
    if not destination.strip():
        raise SopNewError(
            Code.DESTINATION_UNUSABLE,
            "The destination's name is empty.",
            "Name a folder, as in: sop-new zenml-acme",
        )
    named = Path.cwd() / destination
    for path in (named, *named.parents):
        if path.is_symlink() and not _leads_somewhere(path):
            raise SopNewError(
                Code.DESTINATION_UNUSABLE,
                f"{path} is a link to {path.readlink()}, which is not there.",
                "Choose another name, or remove the link.",
            )
    return Path(os.path.realpath(named))


def _leads_somewhere(link: Path) -> bool:
    try:
        link.stat()
    except OSError:  # there is nothing, or a loop
        return False
    return True


@contextmanager
def staged(destination: Path, *, force: bool, dry_run: bool) -> Iterator[Path]:
    """Yield an empty folder of the destination's own name to write to.

    What it holds when the block ends moves to the destination, unless it's a dry run. If the
    block raises, or the moving fails, everything is as before.

    Args:
        destination: an absolute path; missing, or a folder.
        force: write into a folder that holds something already, replacing files.
        dry_run: leave the destination alone.

    Raises:
        SopNewError: the destination is no place to write to.
    """
    _refuse(destination, force)
    if dry_run:
        with TemporaryDirectory(prefix="sop-new-") as temporary:
            yield _folder_in(temporary, destination.name)
        return
    with ExitStack() as undo:
        _make_parents(destination, undo)
        # On the same file system as the destination, so that moving there is renaming.
        home = destination if destination.is_dir() else destination.parent
        with TemporaryDirectory(prefix=".sop-new-", dir=home) as temporary:
            project = _folder_in(temporary, "new", destination.name)
            yield project
            with interrupts.held():
                _publish(project, destination, _folder_in(temporary, "replaced"))
                undo.pop_all()


def _folder_in(*parts: str) -> Path:
    folder = Path(*parts)
    folder.mkdir(parents=True)
    return folder


def _refuse(destination: Path, force: bool) -> None:
    if not str(destination).isprintable():
        raise SopNewError(
            Code.DESTINATION_UNUSABLE,
            f"{str(destination)!r} holds characters that can't be printed.",
            "Choose another name.",
        )
    if destination.is_dir():
        if not force and any(destination.iterdir()):
            raise SopNewError(
                Code.DESTINATION_NOT_EMPTY,
                f"{destination} is not empty.",
                "Choose another folder, or add --force to replace files of the same name in it.",
            )
        return
    in_the_way = next(path for path in (destination, *destination.parents) if path.exists())
    if not in_the_way.is_dir():
        raise SopNewError(
            Code.DESTINATION_UNUSABLE, f"{in_the_way} is a file.", "Choose another destination."
        )


def _make_parents(destination: Path, undo: ExitStack) -> None:
    missing = [parent for parent in destination.parents if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir()
        undo.callback(_remove_if_empty, parent)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _publish(project: Path, destination: Path, replaced: Path) -> None:
    if not destination.exists():
        project.rename(destination)
        return
    with ExitStack() as undo:
        for number, source in enumerate(sorted(project.rglob("*"))):
            target = destination / source.relative_to(project)
            if source.is_dir():
                _move_folder(target, undo)
            else:
                _move_file(source, target, replaced / str(number), undo)
        undo.pop_all()


def _move_folder(target: Path, undo: ExitStack) -> None:
    # A link to a folder would lead the project's files out of the destination.
    if target.is_symlink() or target.is_file():
        raise _taken(target)
    if not target.exists():
        target.mkdir()
        undo.callback(target.rmdir)


def _move_file(source: Path, target: Path, kept: Path, undo: ExitStack) -> None:
    if target.is_dir() and not target.is_symlink():
        raise _taken(target)
    if os.path.lexists(target):
        target.rename(kept)
        undo.callback(kept.rename, target)
    source.rename(target)
    undo.callback(target.unlink)


def _taken(target: Path) -> SopNewError:
    kind = "a link" if target.is_symlink() else "a folder" if target.is_dir() else "a file"
    return SopNewError(
        Code.DESTINATION_UNUSABLE,
        f"{target} is {kind}, where the project has something else.",
        "Move it out of the way, or choose another destination.",
    )
