"""What each command answers: one model, printed for people or, with `--json`, for programs."""

from __future__ import annotations

import json
import os
import shlex
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from sop_new.errors import SopNewError


class Result(BaseModel):
    """The answer of a command."""

    @property
    def paged(self) -> bool:
        """Whether it may be longer than a screen."""
        return False

    @abstractmethod
    def parts(self) -> Iterator[RenderableType]:
        """What a person is shown, from top to bottom."""


class OfTeam(BaseModel):
    """The team's template that a project was made from.

    Attributes:
        name: of the team.
        template: the template's repository or folder.
        version: the template's tag or commit.
    """

    name: str
    template: str
    version: str | None


class Created(Result):
    """The answer of `sop-new DEST`.

    Attributes:
        destination: absolute path of the project.
        dry_run: nothing was written.
        template: the template's repository or folder.
        version: the template's tag or commit; None if it has no history.
        team: the team's template over it, if there is one.
        answers: the answers that the project was made from, by question.
        files: paths below the destination, with slashes, sorted.
        next: what to run next, as lines for a shell.
    """

    destination: str
    dry_run: bool
    template: str
    version: str | None
    team: OfTeam | None
    answers: dict[str, Any]
    files: list[str]
    next: list[str]

    def parts(self) -> Iterator[RenderableType]:
        """The tree, and what to do next."""
        yield tree(self.destination, self.files)
        made = f"{_counted(len(self.files), 'file')}, backend {self.answers['backend']}"
        if self.team:
            made += f", template of {self.team.name}"
        if self.dry_run:
            yield Text(f"\n{made}. Nothing was written: this was a dry run.")
            return
        yield Text(f"\n{made}. What next:\n")
        yield commands(self.next)


class Backend(BaseModel):
    """What there is to know about a backend before choosing it.

    Attributes:
        name: what `--backend` takes.
        default: whether it is taken if nobody chooses.
        team: whether the team brings it along.
        summary: what it is.
        needs: what has to be there.
        can: what it can do, and what it can't.
    """

    name: str
    default: bool
    team: bool
    summary: str
    needs: str
    can: str


class Backends(Result):
    """The answer of `sop-new backends`."""

    backends: list[Backend]

    def parts(self) -> Iterator[RenderableType]:
        """A table, and how to choose."""
        table = Table("backend", "what it is", "needs", "can", show_lines=True)
        for backend in self.backends:
            marks = [
                *(["(default)"] if backend.default else []),
                *(["(team)"] if backend.team else []),
            ]
            name = "\n".join([backend.name, *marks])
            cells = (name, backend.summary, backend.needs, backend.can)
            table.add_row(*(Text(cell) for cell in cells))
        yield table
        yield Text("\nTake one with:\n")
        yield commands([shlex.join(["sop-new", "zenml-acme", "--backend", self.backends[-1].name])])


class Output(BaseModel):
    """A value that a step returned: a plain one as it is, any other as its bounded `repr`."""

    name: str
    value: bool | int | float | str | None


class Step(BaseModel):
    """A step of the pipeline run.

    Attributes:
        seconds: from its start to its end; None if it has no end.
        error: the message of the exception that ended it.
        job: what its job is found by in the engine.
        log: the last lines that it wrote, as ZenML stored them.
    """

    name: str
    status: str
    seconds: float | None
    outputs: list[Output]
    error: str | None
    job: dict[str, str]
    log: list[str]

    def parts(self) -> Iterator[Text]:
        """How it ended, where it ran, and what it gave back and wrote."""
        lasted = "" if self.seconds is None else f" after {self.seconds:.1f} s"
        yield Text(f"  step {self.name}: {self.status}{lasted}")
        if self.job:
            yield Text(f"    job: {', '.join(' '.join(detail) for detail in self.job.items())}")
        for output in self.outputs:
            yield Text(f"    {output.name} = {output.value!r}")
        yield from quoted(self.log, indent=4)


class Run(BaseModel):
    """A pipeline run, as ZenML remembers it."""

    name: str
    status: str
    steps: list[Step]


class Phase(BaseModel):
    """A part of `sop-new try`, and how long it took."""

    name: str
    seconds: float

    def line(self) -> Text:
        """How long it took, and what it was."""
        return Text(f"{self.seconds:6.1f} s  {self.name}")


class Trial(Result):
    """The answer of `sop-new try`."""

    project: str
    files: list[str]
    phases: list[Phase]
    launcher_process_id: int
    run: Run

    def parts(self) -> Iterator[RenderableType]:
        """The tree, the times, and what the run gave back."""
        yield tree(self.project, self.files)
        yield Text()
        for phase in self.phases:
            yield phase.line()
        whole = sum(phase.seconds for phase in self.phases)
        yield Phase(name="in all", seconds=whole).line()
        yield Text(f"\nRun {self.run.name}: {self.run.status}")
        yield Text(f"  launched by process {self.launcher_process_id}")
        for step in self.run.steps:
            yield from step.parts()


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


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
