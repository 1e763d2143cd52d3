"""The templates of a project, one over the other: the base, and the team's if there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sop_new.projects.project import ANSWERS_FILE, TEAM_ANSWERS_FILE, files_of
from sop_new.templates import rendering
from sop_new.templates.answers import Answers
from sop_new.templates.source import OWN_ENGINE, Template, find_template
from sop_new.templates.team import Choice, Team, opened_team
from sop_new.templates.team_file import TeamFile


@dataclass(frozen=True)
class Layer:
    """A template at one version, and the answers that its questions get.

    Attributes:
        template: the template.
        ref: which of its commits.
        answers_file: where a project keeps the answers to its questions.
        data: answers.
        defaults: answers to what is neither given nor noted down in the project.
    """

    template: Template
    ref: str
    answers_file: str = ANSWERS_FILE
    data: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)


def render_layers(layers: Sequence[Layer], project: Path, *, ask: bool = False) -> set[str]:
    """Render layers into a folder, the first one first.

    Args:
        layers: of one project.
        project: the folder. An answers file there tells what a layer's data leave open.
        ask: ask what is left open then; otherwise the defaults are taken.

    Returns:
        The paths of the files that the layers above the first have made or changed.
    """
    below: Mapping[str, bytes] = {}
    for number, layer in enumerate(layers):
        if number == 1:
            below = _contents(project)
        rendering.render(
            layer.template,
            project,
            layer.data,
            answers_file=layer.answers_file,
            ref=layer.ref,
            defaults=layer.defaults,
            ask=ask,
        )
    if not below:
        return set()
    return {path for path, text in _contents(project).items() if below.get(path) != text}


@dataclass(frozen=True)
class Templates:
    """The templates of a project.

    Attributes:
        base: the base's template.
        ref: which of the base's commits.
        team: the team's template over it, if there is one.
    """

    base: Template
    ref: str
    team: Team | None = None

    @property
    def all(self) -> list[Template]:
        """All of them, the lowest first."""
        return [self.base, *([self.team.template] if self.team else [])]

    @property
    def decided(self) -> TeamFile | None:
        """What the team has decided, if there is one."""
        return self.team.file if self.team else None

    def layers(self, answers: Answers) -> list[Layer]:
        """What is to be rendered.

        Raises:
            SopNewError: there is no such backend, or it has another runtime.
        """
        given = answers.merged
        if not self.team:
            return [Layer(self.base, self.ref, data=given)]
        own = self.team.file.backends
        above = {
            name: value for name, value in given.items() if name in self.team.template.questions
        }
        below = {name: value for name, value in given.items() if name in self.base.questions}
        defaults = dict(self.team.file.defaults)
        if defaults.get("backend") in own:
            del defaults["backend"]
        backend = given.get("backend")
        if backend in own:
            runtime = own[backend].runtime
            if below.get("runtime", runtime) != runtime:
                raise rendering.refusal(answers, "runtime", f"{backend} has {runtime} alone")
            below |= {"backend": OWN_ENGINE, "runtime": runtime}
        elif own and backend is not None and backend not in self.base.backends:
            known = [*own, *self.base.backends]
            raise rendering.refusal(answers, "backend", f"'{backend}' is not in {known}")
        return [
            Layer(self.base, self.ref, data=below, defaults=defaults),
            Layer(self.team.template, self.team.ref, TEAM_ANSWERS_FILE, data=above),
        ]


@contextmanager
def templates_of(choice: Choice | None) -> Iterator[Templates]:
    """The templates of a new project: ours as this sop-new has it, or a team's and its base.

    Raises:
        SopNewError: one of them can't be used.
    """
    if not choice:
        yield Templates(find_template(), "HEAD")
        return
    with opened_team(choice.source) as team:
        yield Templates(team.base, team.base_ref, team)


def _contents(folder: Path) -> Mapping[str, bytes]:
    return {path: (folder / path).read_bytes() for path in files_of(folder)}
