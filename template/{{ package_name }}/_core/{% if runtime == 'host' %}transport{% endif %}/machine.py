"""What a step needs of the machine that the engine is on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ..engine import Engine
from ..environment.janitor import tidy
from ..environment.packages.build import Packages, build_environment


class Machine(Protocol):
    """The machine that an engine of hosts is asked on: this one, or another one."""

    is_remote: bool

    folder: Path
    """Our folder on this machine, where what steps need is made."""

    def engine(self, engine: Engine) -> Engine:
        """Return an engine of this machine as it is on that one."""

    def interpreter(self, chosen: str | None) -> Path:
        """Return the interpreter that was chosen, or the one that is there anyway."""

    def build(self, packages: Packages) -> Path:
        """Build an environment, or find it; return its interpreter.

        Raises:
            RuntimeError: If a package cannot be installed.
        """

    def bring(self, file: Path) -> Path:
        """Have a file there that is named after its content; return where it is.

        Raises:
            RuntimeError: If it cannot be written there.
        """

    def tidy(self, keep_days: int) -> None:
        """Remove there what nobody has used for so many days, aside."""


class ThisMachine:
    """The machine that runs the pipeline."""

    is_remote = False

    def __init__(self, folder: Path) -> None:
        """Take our folder."""
        self.folder = folder

    def engine(self, engine: Engine) -> Engine:
        """Return it as it is."""
        return engine

    def interpreter(self, chosen: str | None) -> Path:
        """Return it as it is; without a wish, the one that runs the pipeline."""
        return Path(chosen).expanduser() if chosen else Path(sys.executable)

    def build(
        self, packages: Packages, wanted: Callable[[], bool] = lambda: True
    ) -> Path:
        """Build it in our folder, as long as it is wanted."""
        return build_environment(packages, self.folder / "environments", wanted)

    def bring(self, file: Path) -> Path:
        """Leave it where it is."""
        return file

    def tidy(self, keep_days: int) -> None:
        """Tidy our folder."""
        tidy(self.folder, keep_days)
