"""Of all that is typed after `sop-new`, what is a command, and what a destination."""

from __future__ import annotations

import copy
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from typer.core import TyperCommand, TyperGroup

from sop_new.cli.completion import OPTIONS as COMPLETION
from sop_new.cli.options import in_a_terminal
from sop_new.errors import Code, SopNewError

COMMANDS = ("backends", "try", "check", "update", "diff", "adopt", "team")
CREATE = "create"

ELSEWHERE = {
    "list": "backends",
    "init": "DEST",
    "new": "DEST",
    "create": "DEST",
    "version": "--version",
}
"""What other programs call what is called otherwise here."""

OF_THE_PROGRAM = ("--help", "-h", "--version", *COMPLETION)
"""Options that stand alone."""


class _PlainHelp:
    """Typer shows `<bool>` behind the one option that it adds itself."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.metavar = ""
        return option


class Command(_PlainHelp, TyperCommand):
    """A command."""


class Group(_PlainHelp, TyperGroup):
    """A command of commands."""


class CreateByDefault(Group):
    """What is no command is a destination: `sop-new DEST` creates."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the hidden command's name before arguments that name no other command."""
        ctx.obj = list(args)
        if not args and in_a_terminal() and not ctx.resilient_parsing:
            args = [CREATE]
        elif not ctx.resilient_parsing:
            args = _asked_for_help(args)
        if args and args != [CREATE] and args[0] not in COMMANDS:
            alone = [arg for arg in args if arg in OF_THE_PROGRAM]
            if alone:
                args = _with_shell(alone[0], args)
            else:
                if not ctx.resilient_parsing:
                    refuse_other_names(args[0], args[1:])
                args = [CREATE, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Complete to commands, and to the options of creating."""
        create = self.commands[CREATE]
        own = create.shell_complete(ctx, incomplete) if incomplete.startswith("-") else []
        return [*super().shell_complete(ctx, incomplete), *own]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the options of creating as the program's own."""
        shown = copy.copy(self)
        options = [param for param in self.commands[CREATE].params if param.name != "dest"]
        shown.params = [*options, *self.params]
        shown.options_metavar = None
        shown.subcommand_metavar = "DEST | COMMAND"
        TyperGroup.format_help(shown, ctx, formatter)


def refuse_other_names(typed: str, rest: Sequence[str] = ()) -> None:
    """Raise SopNewError if a destination looks like a command's name and isn't there yet.

    Args:
        typed: the destination.
        rest: what was typed after it.
    """
    from difflib import get_close_matches

    if typed.startswith("-") or os.sep in typed or Path(typed).exists():
        return
    near = get_close_matches(typed, COMMANDS, n=1, cutoff=0.7)
    meant = ELSEWHERE.get(typed) or (near[0] if near else None)
    if meant is None:
        return
    wanted = rest[0] if rest and not rest[0].startswith("-") else "zenml-acme"
    named = f"sop-new {shlex.quote(wanted)}" if meant == "DEST" else f"sop-new {meant}"
    does = "which is sop-new DEST" if meant == "DEST" else f"which is {meant}"
    raise SopNewError(
        Code.COMMAND_MISTYPED,
        f"There is no command {typed}; it looks like another one, {does}.",
        f"{named}; or sop-new ./{typed} for a project in a folder of that name",
    )


def _asked_for_help(args: list[str]) -> list[str]:
    if not args:
        return ["--help"]
    return [*args[1:2], "--help"] if args[0] == "help" else args


def _with_shell(option: str, args: Sequence[str]) -> list[str]:
    """An option of the program's own; of completion, with the shell if one is named."""
    if option not in COMPLETION:
        return [option]
    after = args[args.index(option) + 1 :]
    return [option, after[0] if after else ""]
