"""The answers given on the command line and in a file, checked against the questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sop_new.errors import Code, SopNewError
from sop_new.template import Template

# What Copier itself adds to the answers of a project: such a file may serve as a data file.
COPIERS_OWN = {"_commit", "_src_path"}


@dataclass(frozen=True)
class Answers:
    """Given answers; those of the command line win over those of the file."""

    options: Mapping[str, str] = field(default_factory=dict)
    file: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None

    @property
    def merged(self) -> dict[str, Any]:
        """The answers that count."""
        return {**self.file, **self.options}

    def origin(self, name: str) -> str | None:
        """Where the answer to a question was given; None if it was not."""
        if name in self.options:
            return "on the command line"
        return f"in {self.path}" if name in self.file else None


def collect(
    template: Template,
    data: Iterable[str],
    data_file: Path | None,
    options: Mapping[str, str | None],
) -> Answers:
    """Gather the answers from `-d`, from `--data-file`, and from options of their own.

    Args:
        template: whose questions are answered.
        data: texts of the form KEY=VALUE; of two with one key the last counts.
        data_file: a YAML file of answers.
        options: the answer of each question that has an option; None if it was not used.

    Raises:
        SopNewError: a key is unknown or computed, two options disagree, a value has no place in
            an answer, or the file can't be read.
    """
    pairs = dict(_pair(text) for text in data)
    for name, value in options.items():
        if value is not None and pairs.setdefault(name, value) != value:
            raise SopNewError(
                Code.ANSWERS_CONFLICT,
                f"--{name} {value} and -d {name}={pairs[name]} say different things.",
                "Give one of the two.",
            )
    answers = Answers(pairs, _read(data_file) if data_file else {}, data_file)
    for name in answers.merged:
        _check_name(template, answers, name)
    for name in answers.file:
        if template.questions[name]["type"] == "str":
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


def _check_name(template: Template, answers: Answers, name: str) -> None:
    asked = sorted(template.questions.keys() - template.computed)
    if name in asked:
        return
    where = answers.origin(name)
    if name in template.computed:
        raise SopNewError(
            Code.ANSWER_UNKNOWN,
            f"{name} ({where}) is computed from the other answers and can't be given.",
            f"Leave it out; the answers are {', '.join(asked)}.",
        )
    near = get_close_matches(name, asked, n=1, cutoff=0.5)
    raise SopNewError(
        Code.ANSWER_UNKNOWN,
        f"There is no question {name} ({where}).",
        f"Did you mean {near[0]}?" if near else f"The answers are {', '.join(asked)}.",
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
