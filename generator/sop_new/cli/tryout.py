"""The command `sop-new try`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sop_new.cli.completion import complete_backend
from sop_new.cli.options import Json


def try_command(
    dest: Annotated[
        Path | None,
        typer.Argument(metavar="DEST", show_default=False, help="The project's folder."),
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            "-b",
            metavar="NAME",
            autocompletion=complete_backend,
            help="Without DEST: try a throwaway project of this backend.",
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            "-o",
            metavar="NAME=VALUE",
            help="An option of the step operator, such as ssh_host=login; may be repeated.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a real pipeline on a project, in a throwaway environment and ZenML store.

    They are made in TMPDIR if that is set, or else in your cache folder, and
    removed at the end.

    Steps that run on another machine, as with ssh_host, use the ZenML server that
    you are connected to, and the artifact store of your active stack. What is
    registered there is removed, too.
    """
    from sop_new.printing import emit
    from sop_new.tryout.tryout import tryout

    emit(tryout(dest, backend=backend, options=option or []), as_json=as_json)
