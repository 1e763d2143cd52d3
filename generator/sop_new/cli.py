"""The commands and their options; what they do is in a module of each one's own."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from sop_new.cli_team import team as team_app
from sop_new.errors import Code, SopNewError
from sop_new.options import Json, Team

COMMANDS = ("backends", "try", "check", "update", "adopt", "team")
CREATE = "create"

ANSWERS = "Answers"


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
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            "-d",
            metavar="KEY=VALUE",
            help="Any answer; may be repeated.",
            rich_help_panel=ANSWERS,
        ),
    ] = None,
    data_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A YAML file of answers, such as another project's .copier-answers.yml.",
            rich_help_panel=ANSWERS,
        ),
    ] = None,
    defaults: Annotated[
        bool,
        typer.Option(
            "--defaults",
            metavar="",
            help="Take the defaults, ask nothing.",
            rich_help_panel=ANSWERS,
        ),
    ] = False,
    team: Team = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", metavar="", help="Show what would be created, write nothing."),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            metavar="",
            help="Write into a folder that is not empty; replace files of one name.",
        ),
    ] = False,
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
        ask=not (defaults or as_json) and sys.stdin.isatty() and sys.stdout.isatty(),
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


@app.command("check")
def check_command(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGET",
            show_default=False,
            help="Import path of the flavor's class, or a project's folder.",
        ),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Interpreter of the environment that it lives in, with ZenML and pytest; by "
            "default that of the active virtual environment.",
        ),
    ] = None,
    level: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LEVEL",
            help="Check this level alone: structure, config, lifecycle, secrets or resources; may "
            "be repeated.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Run this check alone; may be repeated."),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(metavar="ID=REASON", help="Leave a check out, for a reason; may be repeated."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="JSON of a component's configuration, where none can do without.",
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report in JUnit's format.")
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Say what a check demands, why, and what to do; needs no TARGET."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check what ZenML and its users expect of a step operator, be it generated or not.

    Nothing is installed, and neither its files nor your ZenML are touched.
    """
    from sop_new import check
    from sop_new.output import emit

    if explain is not None:
        emit(check.explain(explain), as_json=as_json)
        return
    if target is None:
        raise SopNewError(
            Code.USAGE,
            "There is no TARGET to check.",
            "Name a project's folder or a flavor's class: sop-new check zenml-acme",
        )
    wishes = check.Wishes(python, level or [], only or [], skip or [], config, junit)
    verdict = check.check(target, wishes)
    emit(verdict, as_json=as_json)
    raise typer.Exit(1 if verdict.failed else 0)


@app.command("update")
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


@app.command("adopt")
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
    data: Annotated[
        list[str] | None,
        typer.Option("--data", "-d", metavar="KEY=VALUE", help="Any answer; may be repeated."),
    ] = None,
    data_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A YAML file of answers.")
    ] = None,
    defaults: Annotated[
        bool,
        typer.Option("--defaults", metavar="", help="Take what is found, ask nothing."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Put a step operator that was written by hand under the template, for updates.

    The answers are read from its files; a terminal gets a survey that proposes them. Only
    what --add names is added beside the answers file, and nothing is ever overwritten.
    """
    from sop_new.adopt import adopt
    from sop_new.output import emit

    adopted = adopt(
        dest,
        data=data or [],
        data_file=data_file,
        add=add or [],
        ask=not (defaults or diff or as_json) and sys.stdin.isatty() and sys.stdout.isatty(),
        diff=diff,
    )
    emit(adopted, as_json=as_json)


# Last, as in the README.
app.add_typer(team_app, name="team")


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
