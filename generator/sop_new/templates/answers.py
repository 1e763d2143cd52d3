"""The answers given by the user and the team, checked against the questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sop_new.errors import Code, SopNewError
from sop_new.templates.source import Template
from sop_new.templates.team_file import TeamFile

# What Copier itself adds to the answers of a project: such a file may serve as a data file.
COPIERS_OWN = {"_commit", "_src_path"}


@dataclass(frozen=True)
class Answers:
    """Given answers; those of the command line win over those of the file.

    Attributes:
        options: those of the command line.
        file: those of a data file.
        path: the data file.
        team: whose locked answers win over both.
        spelled: how questions that have options of their own were answered, as in `-b`.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    file: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None
    team: TeamFile | None = None
    spelled: Mapping[str, str] = field(default_factory=dict)

    @property
    def given(self) -> dict[str, Any]:
        """What the user has answered."""
        return {**self.file, **self.options}

    @property
    def merged(self) -> dict[str, Any]:
        """The answers that count."""
        return self.given | (self.team.locked if self.team else {})

    def origin(self, name: str) -> str | None:
        """Where the answer to a question comes from; None if it is the template's default."""
        if name in self.options:
            return "on the command line"
        if name in self.file:
            return f"in {self.path}"
        if self.team and name in self.team.locked:
            return f"locked by {self.team.name}"
        return (
            f"a default of {self.team.name}" if self.team and name in self.team.defaults else None
        )

    def written(self, name: str, value: str) -> str:
        """Another answer to a question, to be written where the one was that can't be taken."""
        if name in self.options and name in self.spelled:
            return f"{self.spelled[name]} {value}"
        if name in self.file and name not in self.options:
            return f"{name}: {value} (in {self.path})"
        return f"-d {name}={value}"


def collect(
    templates: Sequence[Template],
    data: Iterable[str],
    data_file: Path | None = None,
    options: Mapping[str, str | None] | None = None,
    team: TeamFile | None = None,
    spelled: Mapping[str, str] | None = None,
) -> Answers:
    """Gather the answers from `-d`, from `--data-file`, and from options of their own.

    Args:
        templates: whose questions are answered.
        data: texts of the form KEY=VALUE; of two with one key the last counts.
        data_file: a YAML file of answers.
        options: the answer of each question that has an option; None if it was not used.
        team: what the team has decided.
        spelled: how the options that were used are written.

    Raises:
        SopNewError: a key is unknown, computed or locked, two options disagree, a value has no
            place in an answer, or the file can't be read.
    """
    pairs = dict(_pair(text) for text in data)
    for name, value in (options or {}).items():
        if value is not None and pairs.setdefault(name, value) != value:
            raise SopNewError(
                Code.ANSWERS_CONFLICT,
                f"{(spelled or {}).get(name, name)} {value} and -d {name}={pairs[name]} say "
                "different things.",
                "Give one of the two.",
            )
    answers = Answers(pairs, _read(data_file) if data_file else {}, data_file, team, spelled or {})
    asked = sorted({name for each in templates for name in each.asked})
    for name in answers.given:
        if name not in asked:
            raise _no_question(templates, asked, answers, name)
        _check_lock(answers, name)
    for name in answers.file:
        if any(each.questions.get(name, {}).get("type") == "str" for each in templates):
            _check_text(answers, name)
    return answers


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise SopNewError(
            Code.USAGE, f"-d {text} is no answer.", "Write it as KEY=VALUE: -d backend=local"
        )
    return name, value


def _read(path: Path) -> dict[str, Any]:
    import yaml

    hint = "It must be a YAML file with a line like `backend: local` for each answer."
    try:
        content = yaml.safe_load(path.read_bytes())
    except OSError as error:
        message = f"The data file {path} can't be read: {error.strerror}."
        raise SopNewError(Code.DATA_FILE_UNREADABLE, message, hint) from error
    except (yaml.YAMLError, ValueError) as error:
        message = f"The data file {path} is no YAML: {' '.join(str(error).split())}"
        raise SopNewError(Code.DATA_FILE_UNREADABLE, message, hint) from error
    if not isinstance(content, dict):
        message = f"The data file {path} holds no answers."
        raise SopNewError(Code.DATA_FILE_UNREADABLE, message, hint)
    return {str(key): value for key, value in content.items() if key not in COPIERS_OWN}


def _no_question(
    templates: Sequence[Template], asked: Sequence[str], answers: Answers, name: str
) -> SopNewError:
    where = answers.origin(name)
    if any(name in each.computed for each in templates):
        return SopNewError(
            Code.ANSWER_UNKNOWN,
            f"{name} ({where}) is computed from the other answers and can't be given.",
            f"Leave it out; the answers are {', '.join(asked)}.",
        )
    near = get_close_matches(name, asked, n=1, cutoff=0.5)
    return SopNewError(
        Code.ANSWER_UNKNOWN,
        f"There is no question {name} ({where}).",
        f"Did you mean {near[0]}?" if near else f"The answers are {', '.join(asked)}.",
    )


def _check_lock(answers: Answers, name: str) -> None:
    team = answers.team
    if team and name in team.locked and answers.given[name] != team.locked[name]:
        others = (
            f", or ask them: {team.contact}" if team.contact else ", or ask them for another one."
        )
        raise SopNewError(
            Code.ANSWER_LOCKED,
            f"{name} ({answers.origin(name)}) is locked by {team.name}: it is {team.locked[name]}, "
            f"and not {answers.given[name]}.",
            f"Leave it out{others}",
        )


def _check_text(answers: Answers, name: str) -> None:
    value = answers.file[name]
    # YAML reads 3.10 as the number 3.1, and `no` as false: a text must be written as one.
    if not isinstance(value, str):
        raise SopNewError(
            Code.ANSWER_INVALID,
            f"{name} (in {answers.path}) is no text but {_kind(value)}: {value}",
            f'Put it in quotes: {name}: "…"',
        )


def _kind(value: object) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return "nothing" if value is None else kinds.get(type(value), f"a {type(value).__name__}")
