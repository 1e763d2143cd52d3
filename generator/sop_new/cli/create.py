"""The command `sop-new DEST`."""

from __future__ import annotations

from typing import Annotated

import typer

from sop_new.cli.completion import complete_backend
from sop_new.cli.group import refuse_other_names
from sop_new.cli.options import (
    ANSWERS,
    Data,
    DataFile,
    Defaults,
    DryRun,
    Force,
    Json,
    Team,
    in_a_terminal,
    spelled,
)
from sop_new.errors import Code, SopNewError


def create_command(
    context: typer.Context,
    dest: Annotated[
        str | None,
        typer.Argument(metavar="DEST", show_default=False, help="The project's folder, to create."),
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            "-b",
            metavar="NAME",
            autocompletion=complete_backend,
            help="Where the steps run; [cyan]sop-new backends[/] lists them.",
            rich_help_panel=ANSWERS,
        ),
    ] = None,
    flavor: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the flavor in ZenML.", rich_help_panel=ANSWERS),
    ] = None,
    data: Data = None,
    data_file: DataFile = None,
    defaults: Defaults = False,
    team: Team = None,
    dry_run: DryRun = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Create a project."""
    from sop_new.create.create import create
    from sop_new.printing import emit

    ask = not (defaults or as_json) and in_a_terminal()
    if dest is not None:
        refuse_other_names(dest)
    elif not ask:
        raise SopNewError(
            Code.USAGE, "There is no DEST to create.", "Name a folder: sop-new zenml-acme"
        )
    created = create(
        dest,
        data=data or [],
        data_file=data_file,
        options={"backend": backend, "flavor": flavor},
        spelled=spelled(context, {"backend": ("--backend", "-b"), "flavor": ("--flavor",)}),
        team=team,
        ask=ask,
        force=force,
        dry_run=dry_run,
    )
    emit(created, as_json=as_json)
