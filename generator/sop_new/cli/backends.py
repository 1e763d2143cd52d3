"""The command `sop-new backends`."""

from __future__ import annotations

from sop_new.cli.options import Json, Team


def backends_command(team: Team = None, as_json: Json = False) -> None:
    """List the backends: what each is, what it needs, what it can do."""
    from sop_new.create.backends import backends
    from sop_new.printing import emit

    emit(backends(team), as_json=as_json)
