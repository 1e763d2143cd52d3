"""Completion by the user's shell: what Typer knows of shells, and what is to be completed."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from sop_new.errors import Code, SopNewError

INSTALL, SHOW = OPTIONS = ("--install-completion", "--show-completion")

SHELLS = ("bash", "zsh", "fish")

VARIABLE = "_SOP_NEW_COMPLETE"
"""By it, a shell's script asks for what could come next."""


def known_shell(named: str) -> str:
    """A shell that was named or, if none was, the one that sop-new was started from.

    Raises:
        SopNewError: there is no completion for it, or it can't be told.
    """
    hint = f"Name one of {', '.join(SHELLS)}, as in: sop-new {SHOW} bash"
    if not named:
        import shellingham  # type: ignore[import-untyped]

        try:
            named = shellingham.detect_shell()[0]
        except (shellingham.ShellDetectionFailure, OSError) as error:
            raise SopNewError(Code.USAGE, "Which shell this is can't be told.", hint) from error
    if named not in SHELLS:
        raise SopNewError(Code.USAGE, f"There is no completion for {named}.", hint)
    return named


def _install(context: typer.Context, param: Any, named: str | None) -> None:
    if named is not None and not context.resilient_parsing:
        from typer.completion import install_callback

        try:
            install_callback(context, param, known_shell(named))
        except OSError as error:
            raise SopNewError(
                Code.WRITE_FAILED,
                f"{error.filename} can't be written: {error.strerror}.",
                f"Make it writable, or put what sop-new {SHOW} prints where your shell reads it.",
            ) from error


def _show(context: typer.Context, param: Any, named: str | None) -> None:
    if named is not None and not context.resilient_parsing:
        from typer.completion import show_callback

        show_callback(context, param, known_shell(named))


InstallCompletion = Annotated[
    str | None,
    typer.Option(
        INSTALL,
        callback=_install,
        is_eager=True,
        metavar="[SHELL]",
        help=f"Let your shell complete commands and backends: {', '.join(SHELLS)}.",
    ),
]

ShowCompletion = Annotated[
    str | None,
    typer.Option(
        SHOW,
        callback=_show,
        is_eager=True,
        metavar="[SHELL]",
        help="Print what that installs.",
    ),
]


def prepare() -> None:
    """Know the shells, if it is one that asks."""
    if VARIABLE in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()


def complete_backend(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The backends, with their summaries: a team's own, if its template is a folder."""
    from sop_new.create.backends import backends
    from sop_new.templates.source import is_url
    from sop_new.templates.team import chosen_team

    try:
        team = chosen_team(context.params.get("team"))
        # Nobody waits for a network behind a key.
        listed = backends(team.source if team and not is_url(team.source) else "")
    except SopNewError:
        return []
    return [
        (backend.name, backend.summary)
        for backend in listed.backends
        if backend.name.startswith(incomplete)
    ]
