"""Looks, while steps run, for a secret where others can see it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

# ZenML requires it; its types are a package of their own.
psutil: Any = import_module("psutil")

GONE = (psutil.Error, OSError)
"""What looking at a process raises that has ended meanwhile, or is another user's."""

LOOK_SECONDS = 0.2
LARGEST = 1 << 20
"""Files above this size, in bytes, hold no environment."""


class Watch:
    """Watches the processes of this machine, and the files of those that it knows."""

    def __init__(self, folder: Path, but: Path, token: str, secret: str) -> None:
        """Know processes by a variable, and the folder they work in, but for one."""
        self.folder = folder
        self.but = but
        self.token = token
        self.secret = secret.encode()
        self.in_commands: set[str] = set()
        """Names of programs that were given the secret as an argument."""
        self.in_files: set[str] = set()
        """Files that hold the secret and can be read by others."""
        self.folders: set[Path] = set()
        """In which its processes have worked."""

    def __enter__(self) -> Watch:
        """Begin to look."""
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End."""
        self._done.set()
        self._thread.join()

    def processes(self) -> Iterator[Any]:
        """Yield the processes that belong to it and still run."""
        for process in psutil.process_iter():
            try:
                known = process.environ().get("CONTRACT_TOKEN") == self.token
                if known and process.status() != psutil.STATUS_ZOMBIE:
                    yield process
            except GONE:
                continue

    def _run(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            self._look_at_commands()
            self._look_at_files(self.folder)
            for process in self.processes():
                try:
                    folder = Path(process.cwd())
                except GONE:
                    continue
                self.folders.add(folder)
                # What lies below may be the whole disk.
                self._look_at_files(folder, deep=False)

    def _look_at_commands(self) -> None:
        for process in psutil.process_iter():
            try:
                command = process.cmdline()
            except GONE:
                continue
            if any(self.secret.decode() in argument for argument in command):
                self.in_commands.add(command[0])

    def _look_at_files(self, folder: Path, deep: bool = True) -> None:
        for path, folders, files in os.walk(folder):
            here = Path(path)
            # Nobody gets into a folder that is its owner's alone.
            entered = (
                each
                for each in folders
                if here / each != self.but and _others_may(here / each, 0o011)
            )
            folders[:] = entered if deep else ()
            for name in files:
                file = here / name
                if _others_may(file, 0o044) and self.is_in(file):
                    self.in_files.add(str(file))

    def left_in(self, files: Iterable[str]) -> Iterator[Path]:
        """Yield those of some files, or beside running processes, that hold the secret."""
        for file in {*map(Path, files), *(f for d in self.folders for f in _files_in(d))}:
            if self.but not in file.parents and self.is_in(file):
                yield file

    def is_in(self, file: Path) -> bool:
        """Tell whether a file holds the secret."""
        try:
            return file.stat().st_size < LARGEST and self.secret in file.read_bytes()
        except OSError:
            return False


def _others_may(path: Path, what: int) -> bool:
    try:
        return bool(path.stat().st_mode & what)
    except OSError:
        return False


def _files_in(folder: Path) -> list[Path]:
    try:
        return [file for file in folder.iterdir() if file.is_file()]
    except OSError:
        return []
