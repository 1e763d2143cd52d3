"""Options that commands share."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

ANSWERS = "Answers"

Json = Annotated[
    bool, typer.Option("--json", metavar="", help="Print one JSON object on stdout, no prompts.")
]

Team = Annotated[
    str | None,
    typer.Option(
        metavar="SRC",
        help="The team's template: a folder or a git URL, or empty for none. By default that of "
        "SOP_NEW_TEAM or of your config file.",
    ),
]

Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        "-d",
        metavar="KEY=VALUE",
        help="Any answer; may be repeated.",
        rich_help_panel=ANSWERS,
    ),
]

DataFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A YAML file of answers, such as another project's .copier-answers.yml.",
        rich_help_panel=ANSWERS,
    ),
]

Defaults = Annotated[
    bool,
    typer.Option(
        "--defaults",
        metavar="",
        help="Take the defaults, ask nothing.",
        rich_help_panel=ANSWERS,
    ),
]

DryRun = Annotated[
    bool,
    typer.Option("--dry-run", metavar="", help="Show what would be created, write nothing."),
]

Force = Annotated[
    bool,
    typer.Option(
        "--force",
        metavar="",
        help="Write into a folder that is not empty; replace files of one name.",
    ),
]


def spelled(context: typer.Context, options: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """How each option was written on the command line, of those that were."""
    typed: Sequence[str] = context.obj or ()
    return {
        name: written
        for name, spellings in options.items()
        for written in spellings
        if any(_is_written(arg, written) for arg in typed)
    }


def _is_written(arg: str, option: str) -> bool:
    # The value of a short option may follow it at once.
    return arg == option or arg.startswith(option if len(option) == 2 else f"{option}=")


def in_a_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()
