"""What a program is used to find around it, and does not always: open streams, a home."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sop_new.errors import Code, SopNewError


class Output(io.TextIOWrapper):
    """A standard stream to write to; that its reader has seen enough is no error.

    What else keeps it from being written is told once, if it is standard output; afterwards, and
    of standard error, it is lost in silence.
    """

    def write(self, text: str) -> int:
        """Write to it. Raises SopNewError."""
        with self._lost():
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is kept back. Raises SopNewError."""
        with self._lost():
            super().flush()

    @contextmanager
    def _lost(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            if not isinstance(error, BrokenPipeError) and self.fileno() == 1:
                raise SopNewError(
                    Code.OUTPUT_FAILED,
                    f"Standard output can't be written: {error.strerror}.",
                    "Whatever the command has done is done; send what it tells to another place.",
                ) from error


def make_usable() -> None:
    """Let there be three streams, and a home."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # Or else the next file that is opened would be taken for it.
            os.open(os.devnull, os.O_RDONLY)
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - as long as the program runs
    sys.stdout, sys.stderr = _output(sys.stdout, 1), _output(sys.stderr, 2)
    try:
        Path.home()
    except RuntimeError:
        # As login and containers have it, for an account that is in no list.
        os.environ["HOME"] = "/"


def _output(stream: object, number: int) -> Output:
    if not isinstance(stream, io.TextIOWrapper):
        return Output(open(number, "wb", closefd=False), errors="replace", line_buffering=True)
    encoding, by_line = stream.encoding, stream.line_buffering
    return Output(stream.detach(), encoding, errors="replace", line_buffering=by_line)
