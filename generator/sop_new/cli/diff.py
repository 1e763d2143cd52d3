"""The command `sop-new diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sop_new.cli.options import Json


def diff_command(
    dest: Annotated[
        Path, typer.Argument(metavar="DEST", help="The project's folder; by default this one.")
    ] = Path(),
    as_json: Json = False,
) -> None:
    """Show what you have changed of what was generated, _core/ first.

    The project is compared with a rendering of its own version and answers; nothing is touched.
    """
    from sop_new.diff import diff
    from sop_new.printing import emit

    emit(diff.diff(dest), as_json=as_json)
