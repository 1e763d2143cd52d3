"""`sop-new team init DEST`: start the repository of a team's template."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sop_new.printing import commands_to_enter
from sop_new.projects.project import files_of
from sop_new.projects.staging import place_of, staged
from sop_new.team.result import Started
from sop_new.templates import rendering
from sop_new.templates.answers import collect
from sop_new.templates.source import Template


def starter() -> Template:
    """The template of a team's repository: a folder of the package."""
    folder = Path(__file__).with_name("starter")
    return Template(str(folder), folder / "copier.yml")


def init(
    destination: str, *, data: Iterable[str], ask: bool, force: bool, dry_run: bool
) -> Started:
    """Create the repository of a team's template.

    Args:
        destination: the folder, as the user wrote it.
        data: answers as KEY=VALUE.
        ask: ask what was not given; otherwise the defaults are taken.
        force: write into a folder that holds something already.
        dry_run: write nothing.

    Raises:
        SopNewError: for whatever goes wrong; the destination is then as it was.
    """
    source = starter()
    answers = collect([source], data)
    with rendering.explained(answers, destination):
        target = place_of(destination)
        with staged(target, force=force, dry_run=dry_run) as repository:
            # As in a project's creation: a wrong answer is told before the survey.
            rendering.render(source, repository, answers.merged, pretend=ask)
            if ask:
                rendering.render(source, repository, answers.merged, ask=True)
            files = files_of(repository)
    return Started(
        destination=str(target), dry_run=dry_run, files=files, next=_next_commands(target)
    )


def _next_commands(repository: Path) -> list[str]:
    return [
        *commands_to_enter(repository),
        "git init && git add --all && git commit -m 'As it was created'",
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
        ".venv/bin/pytest",
        "sop-new ../zenml-acme --team .",
    ]
