"""The program: its commands are registered here, and run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from sop_new.cli import completion, surroundings
from sop_new.cli.adopt import adopt_command
from sop_new.cli.backends import backends_command
from sop_new.cli.check import check_command
from sop_new.cli.completion import InstallCompletion, ShowCompletion
from sop_new.cli.create import create_command
from sop_new.cli.diff import diff_command
from sop_new.cli.group import CREATE, Command, CreateByDefault, Group
from sop_new.cli.team import team
from sop_new.cli.tryout import try_command
from sop_new.cli.update import update_command
from sop_new.errors import Code, SopNewError

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
    install_completion: InstallCompletion = None,
    show_completion: ShowCompletion = None,
) -> None:
    """Create the project of a custom ZenML step operator in DEST.

    A terminal gets a short survey for what is not given; without one the defaults are taken.
    """


app.command(CREATE, cls=Command, hidden=True)(create_command)
app.command("backends", cls=Command)(backends_command)
app.command("try", cls=Command)(try_command)
app.command("check", cls=Command)(check_command)
app.command("update", cls=Command)(update_command)
app.command("diff", cls=Command)(diff_command)
app.command("adopt", cls=Command)(adopt_command)
app.add_typer(team, name="team", cls=Group)


def main(args: Sequence[str]) -> int:
    """Run the program, whatever it finds around it.

    Args:
        args: the command line without the program's name.

    Returns:
        The exit status.
    """
    surroundings.make_usable()
    completion.prepare()
    status = 0
    try:
        status = run(list(args))
        sys.stdout.flush()
    except SopNewError as error:
        return status or fail(error, [])
    return status


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
        return fail(_mistyped(error), args)
    except SopNewError as error:
        return fail(error, args)
    return int(status)


def _mistyped(error: typer.TyperException) -> SopNewError:
    message = getattr(error, "message", "") or error.format_message()
    hint = "sop-new --help shows the commands and their options"
    if near := getattr(error, "possibilities", None):
        return SopNewError(Code.USAGE, f"{message}.", f"Did you mean {near[0]}? {hint}")
    return SopNewError(Code.USAGE, error.format_message(), hint)


def fail(error: SopNewError, args: list[str]) -> int:
    """Tell the user about an error; returns the exit status that belongs to it."""
    from sop_new.printing import Failure, emit

    told = Failure.of(error)
    try:
        as_json = "--json" in args and error.code is not Code.OUTPUT_FAILED
        emit(told, as_json=as_json, stderr=True)
    except SopNewError:
        emit(told, as_json=False, stderr=True)
    return error.code.status
