"""The ends of an owner's lines: a merge knows nothing of them, what it writes has them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

CRLF, LF = b"\r\n", b"\n"


@dataclass(frozen=True)
class LineEnds:
    """How the lines of a project's files end.

    Attributes:
        known: whether it is by CR LF, for each file that has lines.
    """

    known: Mapping[str, bool]

    @classmethod
    def of(cls, folder: Path, files: Iterable[str]) -> LineEnds:
        """Read files of a folder, by their paths with slashes; a link has no lines."""
        texts = {name: (folder / name).read_bytes() for name in files if _has_lines(folder / name)}
        return cls({name: _is_crlf(text) for name, text in texts.items() if LF in text})

    def restore(self, file: Path, name: str) -> None:
        """Let a file have the line ends that it is to have under this name in the project."""
        if _has_lines(file):
            text = file.read_bytes()
            if (wanted := self.restored(text, name)) != text:
                file.write_bytes(wanted)

    def restored(self, text: bytes, name: str) -> bytes:
        """A text with the line ends of the project's file of this name.

        One that is new has those of most files of its kind, or of most files if there are none.
        """
        if b"\0" in text or not self._are_crlf(name):
            return text
        return as_lf(text).replace(LF, CRLF)

    def _are_crlf(self, name: str) -> bool:
        if name in self.known:
            return self.known[name]
        kind = PurePosixPath(name).suffix
        alike = [crlf for other, crlf in self.known.items() if PurePosixPath(other).suffix == kind]
        alike = alike or list(self.known.values())
        return 2 * sum(alike) > len(alike)


def as_lf(text: bytes) -> bytes:
    """A text whose lines end with LF."""
    return text.replace(CRLF, LF)


def _has_lines(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def _is_crlf(text: bytes) -> bool:
    return b"\0" not in text and 2 * text.count(CRLF) > text.count(LF)
