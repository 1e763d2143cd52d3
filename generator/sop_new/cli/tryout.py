"""The command `sop-new try`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sop_new.cli.options import Json


def try_command(
    dest: Annotated[
        Path, typer.Argument(metavar="DEST", show_default=False, help="The project's folder.")
    ],
    as_json: Json = False,
) -> None:
    """Run a real pipeline on a project, in a throwaway environment and ZenML store.

    They are made in TMPDIR if that is set, or else in your cache folder, and removed at the end.
    """
    from sop_new.printing import emit
    from sop_new.tryout.tryout import tryout

    emit(tryout(dest), as_json=as_json)
