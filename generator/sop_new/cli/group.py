"""Of all that is typed after `sop-new`, what is a command, and what a destination."""

from __future__ import annotations

import copy
from typing import Any

from typer.core import TyperGroup

COMMANDS = ("backends", "try", "check", "update", "diff", "adopt", "team")
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
