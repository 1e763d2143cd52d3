"""`sop-new backends`: what there is to choose from."""

from __future__ import annotations

from sop_new.create.result import Backend, Backends
from sop_new.templates.layers import Templates, templates_of
from sop_new.templates.team import chosen_team


def backends(team: str | None) -> Backends:
    """List the team's own backends, and the template's in the order of its copier.yml.

    Args:
        team: the team's template; None for the one that the user's surroundings name, if any.

    Raises:
        SopNewError: a template can't be found or read.
    """
    with templates_of(chosen_team(team)) as templates:
        default = default_backend(templates)
        own = templates.decided.backends if templates.decided else {}
        listed = {name: about.model_dump(exclude={"runtime"}) for name, about in own.items()}
        return Backends(
            backends=[
                Backend(name=name, default=name == default, team=name in own, **about)
                for name, about in {**listed, **templates.base.backends}.items()
            ]
        )


def default_backend(templates: Templates) -> str:
    """The backend of a project for which nobody chose one."""
    decided = templates.decided
    preferred = {**decided.defaults, **decided.locked} if decided else {}
    return str(preferred.get("backend", templates.base.questions["backend"]["default"]))
