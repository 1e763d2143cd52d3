"""The commands and their options; what they do is in a module of each one's own."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from sop_new.cli_check import check_command
from sop_new.cli_team import team
from sop_new.cli_update import adopt_command, update_command
from sop_new.errors import Code, SopNewError
from sop_new.options import (
    ANSWERS,
    Data,
    DataFile,
    Defaults,
    DryRun,
    Force,
    Json,
    Team,
    in_a_terminal,
)

COMMANDS = ("backends", "try", "check", "update", "adopt", "team")
CREATE = "create"


class CreateByDefault(TyperGroup):
    """What is no command is a destination: `sop-new DEST` creates."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the hidden command's name before arguments that name no other command."""
        if args in ([], ["help"]):
            args = ["--help"]
        elif args[0] not in COMMANDS:
            alone = [arg for arg in args if arg in ("--help", "-h", "--version")]
            args = alone[:1] or [CREATE, *args]
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the options of creating as the program's own."""
        shown = copy.copy(self)
        options = [param for param in self.commands[CREATE].params if param.name != "dest"]
        shown.params = [*options, *self.params]
        shown.subcommand_metavar = "DEST"
        TyperGroup.format_help(shown, ctx, formatter)


app = typer.Typer(
    cls=CreateByDefault,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("sop-new"))
        raise typer.Exit


@app.callback(
    epilog="Examples: [cyan]sop-new zenml-acme[/] asks a few questions and creates the project, "
    "[cyan]sop-new zenml-acme --backend local --defaults[/] asks none, "
    "[cyan]sop-new try zenml-acme[/] runs a real pipeline on it."
)
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, metavar="", help="Print the version."
        ),
    ] = False,
) -> None:
    """Create the project of a custom ZenML step operator in DEST.

    A terminal gets a short survey for what is not given; without one the defaults are taken.
    """


@app.command(CREATE, hidden=True)
def create_command(
    dest: Annotated[
        str,
        typer.Argument(metavar="DEST", show_default=False, help="The project's folder, to create."),
    ],
    backend: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
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
    from sop_new.create import create, refuse_mistyped_command
    from sop_new.output import emit

    refuse_mistyped_command(dest, COMMANDS)
    created = create(
        dest,
        data=data or [],
        data_file=data_file,
        options={"backend": backend, "flavor": flavor},
        team=team,
        ask=not (defaults or as_json) and in_a_terminal(),
        force=force,
        dry_run=dry_run,
    )
    emit(created, as_json=as_json)


@app.command("backends")
def backends_command(team: Team = None, as_json: Json = False) -> None:
    """List the backends: what each is, what it needs, what it can do."""
    from sop_new.backends import backends
    from sop_new.output import emit

    emit(backends(team), as_json=as_json)


@app.command("try")
def try_command(
    dest: Annotated[
        Path, typer.Argument(metavar="DEST", show_default=False, help="The project's folder.")
    ],
    as_json: Json = False,
) -> None:
    """Run a real pipeline on a project, in a throwaway environment and ZenML store.

    They are made in TMPDIR if that is set, or else in your cache folder, and removed at the end.
    """
    from sop_new.output import emit
    from sop_new.tryout import tryout

    emit(tryout(dest), as_json=as_json)


app.command("check")(check_command)
app.command("update")(update_command)
app.command("adopt")(adopt_command)
app.add_typer(team, name="team")


def main() -> NoReturn:
    """Run the program and exit with its status."""
    from sop_new import interrupts

    interrupts.raise_on_signals()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(run(sys.argv[1:]))


def run(args: list[str]) -> int:
    """Run the program.

    Args:
        args: the command line without the program's name.

    Returns:
        The exit status: 0 done, 1 failed, 2 usage, 3 conflicts, 4 outdated, 130 interrupted.
    """
    try:
        # The status that a command exits with; Typer makes 130 of an interrupt.
        status = app(args, prog_name="sop-new", standalone_mode=False) or 0
        if status == Code.INTERRUPTED.status:
            raise SopNewError(Code.INTERRUPTED, "Interrupted.", "Run it again when you like.")
    except typer.TyperException as error:
        hint = "sop-new --help shows the commands and their options"
        return fail(SopNewError(Code.USAGE, error.format_message(), hint), args)
    except SopNewError as error:
        return fail(error, args)
    return int(status)


def fail(error: SopNewError, args: list[str]) -> int:
    """Tell the user about an error; returns the exit status that belongs to it."""
    from sop_new.output import Failure, emit

    emit(Failure.of(error), as_json="--json" in args, stderr=True)
    return error.code.status
