"""The commands `sop-new update` and `sop-new adopt`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sop_new.options import Data, DataFile, Defaults, Json, in_a_terminal


def update_command(
    dest: Annotated[
        Path, typer.Argument(metavar="DEST", help="The project's folder; by default this one.")
    ] = Path(),
    check: Annotated[
        bool,
        typer.Option(
            "--check", metavar="", help="Only ask whether something newer exists: then exit with 4."
        ),
    ] = False,
    diff: Annotated[
        bool,
        typer.Option("--diff", metavar="", help="Show the whole change, touch nothing."),
    ] = False,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            "-d",
            metavar="KEY=VALUE",
            help="Change an answer, at the version that the project has; may be repeated.",
        ),
    ] = None,
    ref: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Update to this version instead of the newest."),
    ] = None,
    team: Annotated[
        str | None,
        typer.Option(metavar="SRC", help="Put the project under the template of this team."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring a project to the newest template, and keep what you have changed.

    Where both have changed the same lines, conflict markers stand and the exit code is 3.
    """
    from sop_new import update
    from sop_new.output import emit

    if check:
        checked = update.check(dest)
        emit(checked, as_json=as_json)
        raise typer.Exit(4 if checked.outdated else 0)
    updated = update.update(dest, data=data or [], ref=ref, team=team, diff=diff)
    emit(updated, as_json=as_json)
    raise typer.Exit(3 if updated.conflicts and not diff else 0)


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
    from sop_new.adopt import adopt
    from sop_new.output import emit

    adopted = adopt(
        dest,
        data=data or [],
        data_file=data_file,
        add=add or [],
        ask=not (defaults or diff or as_json) and in_a_terminal(),
        diff=diff,
    )
    emit(adopted, as_json=as_json)
