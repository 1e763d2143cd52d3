"""`sop-new DEST`: create a project."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sop_new import printing
from sop_new.create.backends import default_backend
from sop_new.create.repository import commands_to_keep, notes_on_ci
from sop_new.create.result import Created, OfTeam
from sop_new.printing import commands_to_enter
from sop_new.projects.project import ANSWERS_FILE, TEAM_ANSWERS_FILE, Project, files_of, load
from sop_new.projects.staging import place_of, staged
from sop_new.projects.stubs import Stub, stubs_of
from sop_new.templates import rendering
from sop_new.templates.answers import Answers, collect
from sop_new.templates.layers import Templates, render_layers, templates_of
from sop_new.templates.source import require_git
from sop_new.templates.team import Team, chosen_team


def create(
    destination: str | None,
    *,
    data: Iterable[str],
    data_file: Path | None,
    options: Mapping[str, str | None],
    spelled: Mapping[str, str],
    team: str | None,
    ask: bool,
    force: bool,
    dry_run: bool,
) -> Created:
    """Create a project.

    Args:
        destination: the folder, as the user wrote it; None to ask for a name.
        data: answers as KEY=VALUE.
        data_file: a YAML file of answers, which `data` and `options` win over.
        options: the answer of each question that has an option of its own, or None.
        spelled: how the options that were used are written on the command line.
        team: the team's template; None for the one that the user's surroundings name, if any.
        ask: ask what was not given; otherwise the defaults are taken.
        force: write into a folder that holds something already.
        dry_run: write nothing.

    Raises:
        SopNewError: for whatever goes wrong; the destination is then as it was.
    """
    require_git()
    with templates_of(chosen_team(team)) as templates:
        answers = collect(templates.all, data, data_file, options, templates.decided, spelled)
        with rendering.explained(answers, destination or str(Path.cwd())):
            if destination is None:
                destination, answers = _destination(templates, answers)
            target = place_of(destination)
            with staged(target, force=force, dry_run=dry_run) as project:
                _keep_answers(target, project)
                if ask:
                    answers = _asked(templates, answers, project)
                answers = replace(answers, options=_with_backend(templates, answers, project))
                # What a team asks beside, Copier asks.
                _render(templates, answers, project, ask=ask and bool(templates.team))
                made = load(project)
                files = files_of(project)
                stubs = stubs_of(project)
    return Created(
        destination=str(target),
        dry_run=dry_run,
        template=made.base.source,
        version=made.base.version,
        team=_of_team(templates.team, made),
        answers=dict(made.answers),
        files=files,
        notes=notes_on_ci(target, files),
        next=next_commands(target, stubs),
    )


def next_commands(project: Path, stubs: Sequence[Stub] = ()) -> list[str]:
    """What to do with a new project: lines to paste into a shell."""
    files = sorted({stub.file for stub in stubs})
    return [
        *(f"# First write {file}: each of its methods asks a question." for file in files),
        *commands_to_enter(project),
        *commands_to_keep(project),
        "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]'",
        ".venv/bin/pytest tests/engine_contract" if stubs else ".venv/bin/pytest",
        "sop-new try .",
    ]


def _render(templates: Templates, answers: Answers, project: Path, *, ask: bool = False) -> None:
    with nullcontext() if ask else printing.spinner("Rendering the template"):
        render_layers(templates.layers(answers), project, ask=ask)


def _destination(templates: Templates, answers: Answers) -> tuple[str, Answers]:
    from sop_new.create.survey import destination_asked

    return destination_asked(templates, answers)


def _asked(templates: Templates, answers: Answers, project: Path) -> Answers:
    from sop_new.create.survey import survey

    if templates.team:
        # A wrong answer is told at once, not when its question comes.
        with TemporaryDirectory(prefix="sop-new-") as trial:
            _render(templates, answers, Path(trial, project.name))
        printing.decided(templates.team.file.name, templates.team.file.locked)
    return survey(templates, answers, project)


def _with_backend(templates: Templates, answers: Answers, project: Path) -> Mapping[str, str]:
    """The answers of the command line and, where the base can't know it, the team's own backend."""
    team = templates.team
    if not team or not team.file.backends or "backend" in answers.merged:
        return answers.options
    noted = load(project).answers if (project / ANSWERS_FILE).is_file() else {}
    backend = noted.get("backend", default_backend(templates))
    if backend not in team.file.backends:
        return answers.options
    return {**answers.options, "backend": backend}


def _keep_answers(target: Path, project: Path) -> None:
    # As with `copier copy`: what a project in this place was made from stands until overruled.
    for name in (ANSWERS_FILE, TEAM_ANSWERS_FILE):
        if (target / name).is_file():
            shutil.copyfile(target / name, project / name)


def _of_team(team: Team | None, made: Project) -> OfTeam | None:
    if not team or not made.team:
        return None
    return OfTeam(name=team.file.name, template=made.team.source, version=made.team.version)
