"""What a terminal is asked: a name, a backend and a flavor; the other answers are offered."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import questionary
from prompt_toolkit.styles import Style

from sop_new.create.backends import default_backend
from sop_new.printing import counted
from sop_new.projects.project import ANSWERS_FILE, load
from sop_new.templates import rendering
from sop_new.templates.answers import Answers
from sop_new.templates.layers import Templates
from sop_new.templates.questionnaire import Questionnaire, questionnaire_of

FIRST = ("project_name", "backend", "flavor")
"""What differs from one project to the next."""

NAME = "zenml-acme"
"""What a project is called whose name nobody has told yet."""

DONE = "take them as they are"

PLAIN = Style([("highlighted", "bold"), ("answer", "bold"), ("validation-toolbar", "reverse")])


def survey(templates: Templates, answers: Answers, project: Path) -> Answers:
    """Ask for what was not given.

    Args:
        templates: of the project.
        answers: what was given.
        project: a folder of the project's name, with its answers file if it had one.

    Returns:
        The answers with those of the user. What is no text and no choice is left to Copier.

    Raises:
        SopNewError: what was given is refused.
        KeyboardInterrupt: the user has had enough.
    """
    with questionnaire_of(templates.base, templates.ref, project) as questions:
        asking = _Survey(templates, answers, questions)
        asking.run()
        return asking.answers


def destination_asked(templates: Templates, answers: Answers) -> tuple[str, Answers]:
    """Ask for the name of a project that is to be made in a folder of that name, here.

    Returns:
        The folder, and the answers with the name.

    Raises:
        SopNewError: what was given is refused.
    """
    name = "project_name"
    if name not in answers.merged:
        with questionnaire_of(templates.base, templates.ref, Path.cwd() / NAME) as questions:
            asking = _Survey(templates, answers, questions)
            asking.ask(name, _taken)
            answers = asking.answers
    return str(answers.merged[name]), answers


def _taken(name: str) -> str | None:
    folder = Path(name)
    there = folder.is_symlink() or (any(folder.iterdir()) if folder.is_dir() else folder.exists())
    return f"Take another name: {name} is here already." if there else None


class _Survey:
    def __init__(self, templates: Templates, answers: Answers, questions: Questionnaire) -> None:
        self.templates = templates
        self.answers = answers
        self.questions = questions
        self.given = set(answers.merged)
        self.seen: dict[tuple[tuple[str, str], ...], Mapping[str, Any]] = {}

    def run(self) -> None:
        for name in FIRST:
            if name in self._open():
                self.ask(name)
        while more := [name for name in self._open() if name not in FIRST]:
            changed = self._more(more)
            if changed == DONE:
                break
            self.ask(changed)

    def _open(self) -> list[str]:
        """The questions that can be asked here, as far as the answers so far leave them open."""
        known, layer = self._known({}), self.templates.layers(self.answers)[0]
        own = {name for name in layer.data if name not in self.answers.merged}
        return [
            name
            for name in self.templates.base.asked
            if name in known and name not in self.given | own and self._is_plain(name)
        ]

    def _is_plain(self, name: str) -> bool:
        question = self.templates.base.questions[name]
        choices = question.get("choices", [])
        texts = isinstance(choices, list) and all(isinstance(each, str) for each in choices)
        return texts and question.get("type", "str") == "str" and not question.get("secret")

    def _known(self, more: Mapping[str, str]) -> Mapping[str, Any]:
        answers = self._with(more)
        key = tuple(answers.options.items())
        if key not in self.seen:
            layer = self.templates.layers(answers)[0]
            self.seen[key] = self.questions.answered(layer.data, layer.defaults)
        return self.seen[key]

    def _with(self, more: Mapping[str, str]) -> Answers:
        return replace(self.answers, options={**self.answers.options, **more})

    def ask(self, name: str, taken: Callable[[str], str | None] = lambda text: None) -> None:
        """Ask one question.

        Args:
            name: of the question.
            taken: what is wrong with an answer that the template has nothing against.
        """
        question = self.templates.base.questions[name]
        help = question.get("help", name)
        if name == "backend":
            answer = _choose(help, self._backends(), self._backend())
        elif choices := question.get("choices"):
            answer = _choose(help, dict.fromkeys(choices, ""), self._known({})[name])
        else:
            answer = questionary.text(
                f"{help}:",
                default=str(self._known({})[name]),
                validate=lambda text: self._refusal(name, text) or taken(text) or True,
                validate_while_typing=False,
                style=PLAIN,
            ).unsafe_ask()
        self.answers = self._with({name: answer})

    def _refusal(self, name: str, text: str) -> str | None:
        """What is wrong with an answer, in a line."""
        try:
            self._known({name: text})
        except ValueError as error:
            refused = rendering.REFUSED.match(str(error))
            # What else is wrong is asked later, or was given and told at once.
            if refused and refused["name"] == name:
                return " ".join(refused["why"].split())
        return None

    def _backends(self) -> dict[str, str]:
        own = self.templates.decided.backends if self.templates.decided else {}
        listed = {name: about.summary for name, about in own.items()}
        choices = self.templates.base.questions["backend"]["choices"]
        known = self.templates.base.backends
        return listed | {name: known.get(name, {}).get("summary", "") for name in choices}

    def _backend(self) -> str:
        if (self.questions.project / ANSWERS_FILE).is_file():
            return str(load(self.questions.project).answers.get("backend"))
        known = str(self._known({})["backend"])
        decided = self.templates.decided
        own = decided.backends if decided else {}
        preferred = default_backend(self.templates)
        return preferred if preferred in own else known

    def _more(self, names: Sequence[str]) -> str:
        known = self._known({})
        answers = {name: str(known[name]) or "(empty)" for name in names}
        return _choose(counted(len(names), "more answer"), {DONE: "", **answers}, DONE)


def _choose(help: str, choices: Mapping[str, str], default: str) -> str:
    """Let the user take one of some names, each with what there is to say about it."""
    broad = max(map(len, (name for name, about in choices.items() if about)), default=0)
    room = shutil.get_terminal_size().columns - broad - 8
    listed = [
        questionary.Choice(
            f"{name:{broad}}  {textwrap.shorten(about, max(room, 10), placeholder=' …')}"
            if about
            else name,
            value=name,
        )
        for name, about in choices.items()
    ]
    chosen = next((choice for choice in listed if choice.value == default), None)
    return str(
        questionary.select(
            f"{help}:", choices=listed, default=chosen, instruction=" ", style=PLAIN
        ).unsafe_ask()
    )
