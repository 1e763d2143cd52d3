"""The program: its commands are registered here, and run."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from sop_new.cli.adopt import adopt_command
from sop_new.cli.backends import backends_command
from sop_new.cli.check import check_command
from sop_new.cli.create import create_command
from sop_new.cli.diff import diff_command
from sop_new.cli.group import CREATE, CreateByDefault
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
) -> None:
    """Create the project of a custom ZenML step operator in DEST.

    A terminal gets a short survey for what is not given; without one the defaults are taken.
    """


app.command(CREATE, hidden=True)(create_command)
app.command("backends")(backends_command)
app.command("try")(try_command)
app.command("check")(check_command)
app.command("update")(update_command)
app.command("diff")(diff_command)
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
    from sop_new.printing import Failure, emit

    emit(Failure.of(error), as_json="--json" in args, stderr=True)
    return error.code.status
