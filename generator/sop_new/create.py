"""`sop-new DEST`: create a project."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

import yaml

from sop_new import output, rendering, template
from sop_new.answers import collect
from sop_new.errors import Code, SopNewError
from sop_new.staging import staged


def create(
    destination: str,
    *,
    data: Iterable[str],
    data_file: Path | None,
    options: Mapping[str, str | None],
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
        ask: ask what was not given; otherwise the defaults are taken.
        force: write into a folder that holds something already.
        dry_run: write nothing.

    Raises:
        SopNewError: for whatever goes wrong; the destination is then as it was.
    """
    template.require_git()
    source = template.find()
    answers = collect(source, data, data_file, options)
    with rendering.explained(answers, destination):
        # Unlike Path.resolve, this takes a loop of links for a name.
        target = Path(os.path.realpath(destination))
        with staged(target, force=force, dry_run=dry_run) as project:
            _keep_answers(target, project, source.answers_file)
            with output.spinner("Rendering the template"):
                # Before a survey, what was given is tried with the defaults: a wrong answer is
                # told at once, not when its question comes.
                rendering.render(source, project, answers.merged, pretend=ask)
            if ask:
                rendering.render(source, project, answers.merged, ask=True)
            noted = yaml.safe_load((project / source.answers_file).read_bytes())
            files = files_of(project)
    return output.Created(
        destination=str(target),
        dry_run=dry_run,
        template=source.source,
        version=noted.pop("_commit", None),
        answers={name: value for name, value in noted.items() if not name.startswith("_")},
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


def files_of(project: Path) -> list[str]:
    """All files below a folder, as relative paths with slashes, sorted."""
    return sorted(
        path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()
    )


def next_commands(project: Path) -> list[str]:
    """What to do with a new project: lines to paste into a shell."""
    here = Path.cwd()
    below = project.relative_to(here) if project.is_relative_to(here) else project
    folder = f"./{below}" if str(below).startswith("-") else str(below)
    return [
        *([] if project == here else [shlex.join(["cd", folder])]),
        "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]'",
        ".venv/bin/pytest",
        "sop-new try .",
    ]


def _keep_answers(target: Path, project: Path, answers_file: str) -> None:
    # As with `copier copy`: what a project in this place was made from stands until overruled.
    if (target / answers_file).is_file():
        shutil.copyfile(target / answers_file, project / answers_file)
