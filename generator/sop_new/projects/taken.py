"""What an adopted project has not taken of its template: updates leave that alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

NOT_TAKEN_FILE = ".sop-new-not-taken"
"""Where an adopted project keeps the list."""

HEADING = """\
# What this project has not taken of its template: `sop-new update` leaves it alone, be there a
# file of that name or not. `sop-new adopt --add PATH` takes a file or a folder; of a file that is
# here already, delete the line to have it merged.
"""


def covers(listed: str, path: str) -> bool:
    """Whether a file is, or lies below, what is listed."""
    return PurePosixPath(path).is_relative_to(listed)


def not_taken(project: Path) -> list[str]:
    """The files and folders of the template that a project has not taken."""
    try:
        lines = (project / NOT_TAKEN_FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def list_of(left: Iterable[str], taken: Collection[str]) -> str:
    """The text of the file.

    Args:
        left: the template's files that were not taken.
        taken: those that were. Of a folder that holds none of them, its name is listed, which
            stands for what the template will have there, too.
    """
    listed = sorted({_highest(PurePosixPath(path), taken) for path in left})
    return HEADING + "".join(f"{line}\n" for line in listed)


def _highest(path: PurePosixPath, taken: Collection[str]) -> str:
    folders = [folder for folder in reversed(path.parents) if folder.name]
    for folder in folders:
        if not any(covers(str(folder), each) for each in taken):
            return f"{folder}/"
    return str(path)
