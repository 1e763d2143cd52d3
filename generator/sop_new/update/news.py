"""What an update brings beside files: entries of the changelog, and questions that are new."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from sop_new.projects.project import Project
from sop_new.templates.answers import Answers
from sop_new.templates.layers import Templates

ENTRY = re.compile(r"[-*] ")


class Entry(BaseModel):
    """An entry of a template's changelog.

    Attributes:
        template: whose changelog it is in.
        version: the heading that it stands below, such as 1.2.0 or Unreleased.
        kind: the heading below that one, such as Added; empty if there is none.
        text: what it says, in one line.
    """

    template: Literal["base", "team"]
    version: str
    kind: str
    text: str


class NewQuestion(BaseModel):
    """A question that nobody has answered yet, so that the template's default counts.

    Attributes:
        name: what `-d` takes.
        help: what it asks.
        answer: what was taken.
        choices: the answers that there are; empty if it is free.
    """

    name: str
    help: str
    answer: Any
    choices: list[str]


def added(template: Literal["base", "team"], before: str, after: str) -> list[Entry]:
    """The entries of a changelog that an earlier state of it does not have.

    Args:
        template: whose it is.
        before: its earlier text.
        after: its text.
    """
    known = {entry.text for entry in _read(template, before)}
    return [entry for entry in _read(template, after) if entry.text not in known]


def _read(template: Literal["base", "team"], text: str) -> Iterator[Entry]:
    version = kind = ""
    lines: list[str] = []

    def entry() -> Iterator[Entry]:
        if version and lines:
            words = " ".join(" ".join(lines).split())
            yield Entry(template=template, version=version, kind=kind, text=words)
        lines.clear()

    for line in text.splitlines():
        heading, _, title = line.partition(" ")
        if heading in ("#", "##", "###") or not line.strip() or ENTRY.match(line):
            yield from entry()
        if heading in ("#", "##"):
            version, kind = (title.strip() if heading == "##" else ""), ""
        elif heading == "###":
            kind = title.strip()
        elif line.strip():
            lines.append(ENTRY.sub("", line, count=1) if ENTRY.match(line) else line)
    yield from entry()


def new_questions(
    mine: Project, rendered: Path, templates: Templates, answers: Answers
) -> list[NewQuestion]:
    """The questions that a rendering has answered by itself, and that the project did not know.

    Args:
        mine: the project.
        rendered: a rendering of it by the templates.
        templates: those that it is to be made from.
        answers: what was given.
    """
    questions = {name: each for layer in templates.all for name, each in layer.questions.items()}
    taken = {
        name: answer
        for layer in templates.layers(answers)
        for name, answer in _noted(rendered / layer.answers_file).items()
    }
    return [
        NewQuestion(
            name=name,
            help=str(questions[name].get("help", "")),
            answer=answer,
            choices=[str(choice) for choice in questions[name].get("choices", ())],
        )
        for name, answer in taken.items()
        if name in questions and name not in mine.answers and name not in answers.merged
    ]


def _noted(file: Path) -> Mapping[str, Any]:
    import yaml

    content = yaml.safe_load(file.read_bytes())
    return content if isinstance(content, dict) else {}
