"""`sop-new DEST`: create a project."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory

from sop_new import output, rendering, stack, team_file, teams, template
from sop_new.answers import Answers, collect
from sop_new.backends import default_backend
from sop_new.errors import Code, SopNewError
from sop_new.project import ANSWERS_FILE, Project, load
from sop_new.stack import Stack
from sop_new.staging import staged
from sop_new.teams import Team


def create(
    destination: str,
    *,
    data: Iterable[str],
    data_file: Path | None,
    options: Mapping[str, str | None],
    team: str | None,
    ask: bool,
    force: bool,
    dry_run: bool,
) -> output.Created:
    """Create a project.

    Args:
        destination: the folder, as the user wrote it.
        data: answers as KEY=VALUE.
        data_file: a YAML file of answers, which `data` and `options` win over.
        options: the answer of each question that has an option of its own, or None.
        team: the team's template; None for the one that the user's surroundings name, if any.
        ask: ask what was not given; otherwise the defaults are taken.
        force: write into a folder that holds something already.
        dry_run: write nothing.

    Raises:
        SopNewError: for whatever goes wrong; the destination is then as it was.
    """
    template.require_git()
    with stack.of(teams.chosen(team)) as templates:
        answers = collect(templates.templates, data, data_file, options, templates.decided)
        with rendering.explained(answers, destination):
            # Unlike Path.resolve, this takes a loop of links for a name.
            target = Path(os.path.realpath(destination))
            with staged(target, force=force, dry_run=dry_run) as project:
                _keep_answers(target, project)
                if ask:
                    # A wrong answer is told at once, not when its question comes.
                    with TemporaryDirectory(prefix="sop-new-") as trial:
                        _render(templates, answers, Path(trial, project.name))
                    if templates.team:
                        output.decided(templates.team.file.name, templates.team.file.locked)
                answers = replace(answers, options=_with_backend(templates, answers, project, ask))
                _render(templates, answers, project, ask=ask)
                made = load(project)
                files = rendering.files_of(project)
    return output.Created(
        destination=str(target),
        dry_run=dry_run,
        template=made.base.source,
        version=made.base.version,
        team=_of_team(templates.team, made),
        answers=dict(made.answers),
        files=files,
        next=next_commands(target),
    )


def refuse_mistyped_command(destination: str, commands: Iterable[str]) -> None:
    """Raise SopNewError if a destination looks like a command's name and isn't there yet."""
    if os.sep in destination or Path(destination).exists():
        return
    if near := get_close_matches(destination, commands, n=1, cutoff=0.7):
        raise SopNewError(
            Code.COMMAND_MISTYPED,
            f"{destination} looks like the command {near[0]}.",
            f"sop-new {near[0]}, or sop-new ./{destination} for a project in a folder of that name",
        )


def next_commands(project: Path) -> list[str]:
    """What to do with a new project: lines to paste into a shell."""
    return [
        *commands_to_enter(project),
        "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]'",
        ".venv/bin/pytest",
        "sop-new try .",
    ]


def commands_to_enter(folder: Path) -> list[str]:
    """The line for a shell that goes to a folder; none if that is where we are."""
    here = Path.cwd()
    below = folder.relative_to(here) if folder.is_relative_to(here) else folder
    path = f"./{below}" if str(below).startswith("-") else str(below)
    return [] if folder == here else [shlex.join(["cd", path])]


def _render(templates: Stack, answers: Answers, project: Path, *, ask: bool = False) -> None:
    with nullcontext() if ask else output.spinner("Rendering the template"):
        stack.render(templates.layers(answers), project, ask=ask)


def _with_backend(
    templates: Stack, answers: Answers, project: Path, ask: bool
) -> Mapping[str, str]:
    """The answers of the command line and, where the base can't know it, the team's own backend."""
    team = templates.team
    if not team or not team.file.backends or "backend" in answers.merged:
        return answers.options
    noted = load(project).answers if (project / ANSWERS_FILE).is_file() else {}
    backend = noted.get("backend", default_backend(templates))
    if ask:
        import questionary

        question = templates.base.questions["backend"]
        backend = questionary.select(
            question["help"],
            choices=[*team.file.backends, *question["choices"]],
            default=backend,
            qmark="🎤",
        ).unsafe_ask()
    elif backend not in team.file.backends:
        return answers.options
    return {**answers.options, "backend": backend}


def _keep_answers(target: Path, project: Path) -> None:
    # As with `copier copy`: what a project in this place was made from stands until overruled.
    for name in (ANSWERS_FILE, team_file.ANSWERS_FILE):
        if (target / name).is_file():
            shutil.copyfile(target / name, project / name)


def _of_team(team: Team | None, made: Project) -> output.OfTeam | None:
    if not team or not made.team:
        return None
    return output.OfTeam(name=team.file.name, template=made.team.source, version=made.team.version)
