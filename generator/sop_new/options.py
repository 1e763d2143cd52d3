"""Options that commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[
    bool, typer.Option("--json", metavar="", help="Print one JSON object on stdout, no prompts.")
]

Team = Annotated[
    str | None,
    typer.Option(
        metavar="SRC",
        help="The team's template: a folder or a git URL, or empty for none. By default that of "
        "SOP_NEW_TEAM or of your config file.",
    ),
]
