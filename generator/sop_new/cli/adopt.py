"""The command `sop-new adopt`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sop_new.cli.options import Data, DataFile, Defaults, Json, in_a_terminal


def adopt_command(
    dest: Annotated[
        Path, typer.Argument(metavar="DEST", help="The operator's folder; by default this one.")
    ] = Path(),
    add: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="Add this file or folder of the template, `.` for all that is missing; may be "
            "repeated.",
        ),
    ] = None,
    diff: Annotated[
        bool,
        typer.Option(
            "--diff", metavar="", help="Show what the template would add, ask and touch nothing."
        ),
    ] = False,
    data: Data = None,
    data_file: DataFile = None,
    defaults: Defaults = False,
    as_json: Json = False,
) -> None:
    """Put a step operator that was written by hand under the template, for updates.

    The answers are read from its files; a terminal gets a survey that proposes them.

    Nothing is overwritten, and beside the answers file only what --add names is added.
    """
    from sop_new.adopt.adopt import adopt
    from sop_new.printing import emit

    adopted = adopt(
        dest,
        data=data or [],
        data_file=data_file,
        add=add or [],
        ask=not (defaults or diff or as_json) and in_a_terminal(),
        diff=diff,
    )
    emit(adopted, as_json=as_json)
