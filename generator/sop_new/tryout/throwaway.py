"""A project that is made to be tried, and gone with the trial."""

from __future__ import annotations

from pathlib import Path

from sop_new import printing
from sop_new.templates import rendering
from sop_new.templates.answers import collect
from sop_new.templates.layers import render_layers, templates_of
from sop_new.templates.source import require_git
from sop_new.templates.team import chosen_team

NAME = "zenml-tryout"


def make_project(backend: str, folder: Path) -> Path:
    """Make a project of a backend, with the defaults for all else; return its folder.

    Args:
        backend: one of those that `sop-new backends` lists.
        folder: where it is made.

    Raises:
        SopNewError: there is no such backend, or it cannot be made.
    """
    require_git()
    project = folder / NAME
    with templates_of(chosen_team(None)) as templates:
        answers = collect(
            templates.all,
            (),
            options={"backend": backend},
            team=templates.decided,
            spelled={"backend": "--backend"},
        )
        with rendering.explained(answers, str(project)), printing.spinner("Making a project"):
            render_layers(templates.layers(answers), project)
    return project
