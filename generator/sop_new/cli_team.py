"""The commands below `sop-new team`."""

from __future__ import annotations

from typing import Annotated

import typer

from sop_new.options import Json

team = typer.Typer(
    no_args_is_help=True,
    help="A team's own template, laid over that of sop-new.",
    rich_markup_mode="rich",
)


@team.callback()
def root() -> None:
    """A team's own template, laid over that of sop-new."""


@team.command("show")
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
    from sop_new.output import emit
    from sop_new.team_show import show

    emit(show(source), as_json=as_json)
