"""What a command answers is printed for people or, with `--json`, for programs."""

from __future__ import annotations

import json
import os
import shlex
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path, PurePosixPath

from pydantic import BaseModel
from rich.console import Console, Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from sop_new.errors import SopNewError

LINES = {"+++": "bold", "---": "bold", "diff": "bold", "@@": "cyan", "+": "green", "-": "red"}


class Result(BaseModel):
    """The answer of a command."""

    @property
    def paged(self) -> bool:
        """Whether it may be longer than a screen."""
        return False

    @abstractmethod
    def parts(self) -> Iterator[RenderableType]:
        """What a person is shown, from top to bottom."""


class Phase(BaseModel):
    """A part of a command, and how long it took."""

    name: str
    seconds: float

    def line(self) -> Text:
        """How long it took, and what it was."""
        return Text(f"{self.seconds:6.1f} s  {self.name}")


class Failure(Result):
    """The answer of any command that failed."""

    code: str
    message: str
    hint: str
    output: list[str]

    @classmethod
    def of(cls, error: SopNewError) -> Failure:
        """The failure that an exception stands for."""
        return cls(
            code=error.code.label,
            message=error.message,
            hint=error.hint,
            output=list(error.output),
        )

    def parts(self) -> Iterator[RenderableType]:
        """The output of what failed, what is wrong, and what to do."""
        yield from quoted(self.output, indent=2)
        yield Text.assemble(("Error: ", "bold red"), self.message)
        yield Text.assemble((" Hint: ", "bold"), self.hint)


def tree(root: str, files: Sequence[str]) -> Tree:
    """Files as a tree below their root."""
    top = Tree(Text(f"{root}/", style="bold"), highlight=False)
    folders = {PurePosixPath("."): top}

    def branch(folder: PurePosixPath) -> Tree:
        if folder not in folders:
            folders[folder] = branch(folder.parent).add(Text(f"{folder.name}/", style="bold"))
        return folders[folder]

    for file in map(PurePosixPath, files):
        branch(file.parent).add(Text(file.name))
    return top


def quoted(lines: Sequence[str], indent: int) -> Iterator[Text]:
    """What a program wrote, so that nobody takes it for our own words."""
    for line in lines:
        yield Text(f"{' ' * indent}│ {line}", style="dim")


def commands(lines: Sequence[str]) -> Group:
    """Commands to paste: never wrapped, since a wrapped one is two."""
    return Group(*(Text(f"  {line}", style="cyan") for line in lines))


def commands_to_enter(folder: Path) -> list[str]:
    """The line for a shell that goes to a folder; none if that is where we are."""
    here = Path.cwd()
    below = folder.relative_to(here) if folder.is_relative_to(here) else folder
    path = f"./{below}" if str(below).startswith("-") else str(below)
    return [] if folder == here else [shlex.join(["cd", path])]


def coloured(line: str) -> Text:
    """A line of a diff."""
    looks = (look for start, look in LINES.items() if line.startswith(start))
    return Text(line, style=next(looks, ""))


def counted(number: int, noun: str) -> str:
    """So many of something."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def emit(result: Result, *, as_json: bool, stderr: bool = False) -> None:
    """Print a result: as JSON on stdout, or in words on stdout or stderr."""
    if as_json:
        # ASCII only, so that no terminal's or pipe's encoding can spoil it.
        print(json.dumps(result.model_dump(mode="json"), indent=2))
        return
    console = Console(stderr=stderr, markup=False, highlight=False)
    with paging(console) if result.paged and console.is_terminal else nullcontext():
        for part in result.parts():
            console.print(part, soft_wrap=isinstance(part, Text | Group | Tree))


def paging(console: Console) -> AbstractContextManager[object]:
    """Show what is printed in the user's pager, as git does: with colours, if it is long."""
    os.environ.setdefault("LESS", "FRX")
    return console.pager(styles=True)


def decided(team: str, answers: Mapping[str, str]) -> None:
    """Tell whoever is about to be asked what the team has answered already."""
    console = Console(stderr=True, markup=False, highlight=False)
    told = ", ".join(f"{name} = {value}" for name, value in answers.items())
    console.print(Text(f"A project of {team}" + (f": {told}" if told else "")), soft_wrap=True)


def warn(text: str) -> None:
    """Tell the user on stderr what they might want to know."""
    console = Console(stderr=True, markup=False, highlight=False)
    console.print(Text.assemble(("Warning: ", "bold yellow"), text), soft_wrap=True)


@contextmanager
def progress(doing: str) -> Iterator[Phase]:
    """Show on stderr what is being done, and then how long it took.

    Yields:
        The phase, whose `seconds` are right once the block has ended.
    """
    phase = Phase(name=doing, seconds=0)
    console = Console(stderr=True, markup=False, highlight=False)
    started = time.monotonic()
    with console.status(f"{doing} …"):
        yield phase
    phase.seconds = round(time.monotonic() - started, 3)
    console.print(phase.line(), soft_wrap=True)


@contextmanager
def ticker(doing: str) -> Iterator[Callable[[str], None]]:
    """Show on stderr how far something has got; on a terminal, nothing is left of it.

    Yields:
        What to call with the newest state, however often.
    """
    console = Console(stderr=True, markup=False, highlight=False)
    shown = ""
    with console.status(f"{doing} …") as status:

        def tell(state: str) -> None:
            nonlocal shown
            if state != shown:
                shown = state
                status.update(state)
                if not console.is_terminal:
                    console.print(state, soft_wrap=True)

        yield tell


def spinner(doing: str) -> AbstractContextManager[object]:
    """Show on a terminal's stderr that something goes on; nothing is left of it."""
    return Console(stderr=True).status(f"{doing} …")
