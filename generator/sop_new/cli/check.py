"""The command `sop-new check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sop_new.cli.options import Json
from sop_new.errors import Code, SopNewError


def check_command(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGET",
            show_default=False,
            help="A project's folder, or the import path of a flavor's class.",
        ),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Interpreter of the environment that it lives in, with ZenML and pytest; by "
            "default that of the project's .venv, or of the active virtual environment.",
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
    image: Annotated[
        str | None,
        typer.Option(
            metavar="IMAGE",
            help="What runs the steps of an operator of images, instead of what ZenML would build. "
            "It holds the minor version of Python and the ZenML of --python, and the operator's "
            "package; it sees the folder TMPDIR by the same path.",
        ),
    ] = None,
    stand_in: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE",
            help="A module of yours that takes the place of the engine: it is imported where steps "
            "are submitted.",
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report in JUnit's format.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a page for people, which needs no other file."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            metavar="",
            help="List all checks; or, followed by an ID instead of a TARGET, say what this one "
            "demands, why, and what to do.",
        ),
    ] = False,
    allow_skips: Annotated[
        bool,
        typer.Option(
            "--allow-skips",
            metavar="",
            help="Exit with 0 even if checks could not be looked at, for want of a configuration, "
            "an SDK or an engine; with 5 otherwise.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check what ZenML and its users expect of a step operator, be it generated or not.

    Nothing is installed, and neither its files nor your ZenML are touched.
    """
    from sop_new.check import check
    from sop_new.printing import emit

    if explain:
        emit(check.explain(target), as_json=as_json)
        return
    if target is None:
        raise SopNewError(
            Code.USAGE,
            "There is no TARGET to check.",
            "Name a project's folder or a flavor's class: sop-new check zenml-acme",
        )
    wishes = check.Wishes(
        python, level or [], only or [], skip or [], config, image, stand_in, junit, html
    )
    report = check.check(target, wishes)
    emit(report, as_json=as_json)
    raise typer.Exit(1 if report.failed else 5 if report.unseen and not allow_skips else 0)
