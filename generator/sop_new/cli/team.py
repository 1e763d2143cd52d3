"""The commands below `sop-new team`."""

from __future__ import annotations

from typing import Annotated

import typer

from sop_new.cli.group import Command
from sop_new.cli.options import Data, Defaults, DryRun, Force, Json, in_a_terminal

team = typer.Typer(rich_markup_mode="rich")


@team.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    """Work on a team's own template, which is laid over that of sop-new."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@team.command("init", cls=Command)
def init_command(
    dest: Annotated[
        str,
        typer.Argument(
            metavar="DEST", show_default=False, help="The repository's folder, to create."
        ),
    ],
    data: Data = None,
    defaults: Defaults = False,
    dry_run: DryRun = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Create the repository of a team's template in DEST.

    It locks answers, adds and replaces files, and has tests.

    A terminal gets a short survey for what is not given; without one the defaults are taken.
    """
    from sop_new.printing import emit
    from sop_new.team.init import init

    ask = not (defaults or as_json) and in_a_terminal()
    emit(init(dest, data=data or [], ask=ask, force=force, dry_run=dry_run), as_json=as_json)


@team.command("show", cls=Command)
def show_command(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SRC]",
            show_default=False,
            help="The team's template; by default that of SOP_NEW_TEAM or of your config file.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what a team's template decides, and where the value of each answer comes from."""
    from sop_new.printing import emit
    from sop_new.team.show import show

    emit(show(source), as_json=as_json)
