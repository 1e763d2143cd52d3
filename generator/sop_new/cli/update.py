"""The command `sop-new update`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sop_new.cli.options import Json


def update_command(
    dest: Annotated[
        Path, typer.Argument(metavar="DEST", help="The project's folder; by default this one.")
    ] = Path(),
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            metavar="",
            help="Only ask whether something newer exists: then exit with 4.",
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
    from sop_new.printing import emit
    from sop_new.update import update

    if check:
        checked = update.check(dest)
        emit(checked, as_json=as_json)
        raise typer.Exit(3 if checked.unmerged else 4 if checked.outdated else 0)
    updated = update.update(dest, data=data or [], ref=ref, team=team, diff=diff)
    emit(updated, as_json=as_json)
    raise typer.Exit(3 if updated.conflicts and not diff else 0)
