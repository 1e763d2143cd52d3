"""Rendering the template by Copier, and what goes wrong then in words of ours."""

from __future__ import annotations

import os
import re
import warnings
from ast import literal_eval
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import yaml

from sop_new import printing
from sop_new.errors import Code, SopNewError
from sop_new.projects.project import ANSWERS_FILE
from sop_new.templates.answers import Answers
from sop_new.templates.source import Template, unreadable

# Copier says so in its messages, which is the only way to learn whose answer it refuses.
REFUSED = re.compile(
    r"(?:Validation error for question|Invalid choice for) '(?P<name>\w+)': (?P<why>.*)", re.DOTALL
)

CHOICE = re.compile(r"(?P<given>'.*') is not in (?P<choices>\[.*\])")
"""And in these words that an answer is none of a question's choices."""


def render(
    source: Template,
    project: Path,
    data: Mapping[str, Any],
    *,
    answers_file: str = ANSWERS_FILE,
    ref: str = "HEAD",
    defaults: Mapping[str, Any] | None = None,
    ask: bool = False,
    pretend: bool = False,
) -> None:
    """Render a template into a folder, whose answers file tells what `data` leaves open.

    Args:
        source: the template.
        project: the folder.
        data: answers.
        answers_file: where the project keeps the answers to this template's questions.
        ref: which of the template's commits.
        defaults: what counts before the user's and the template's own defaults.
        ask: ask what is not given; otherwise the defaults are taken.
        pretend: write nothing.

    Raises:
        SopNewError: it would run code, and the user's Copier settings don't trust it.
    """
    with source.reachable():
        from copier import load_settings, run_copy
        from copier.errors import DirtyLocalWarning, ShallowCloneWarning, UnsafeTemplateError

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DirtyLocalWarning)
            warnings.simplefilter("ignore", ShallowCloneWarning)
            warnings.showwarning = lambda message, *_, **__: printing.warn(str(message))
            try:
                run_copy(
                    source.source,
                    # Behind a link, Copier takes the base's answers for somebody else's.
                    project.resolve(),
                    data=dict(data),
                    answers_file=answers_file,
                    user_defaults=dict(defaults or {}),
                    vcs_ref=ref,
                    settings=load_settings(),
                    defaults=not ask,
                    overwrite=True,
                    pretend=pretend,
                    quiet=True,
                )
            except UnsafeTemplateError as error:
                raise _untrusted(source, error) from error


@contextmanager
def explained(answers: Answers, destination: str) -> Iterator[None]:
    """Turn what Copier, Jinja, YAML, git and the system raise into errors of ours."""
    from copier.errors import CopierError, SettingsError
    from jinja2 import TemplateError
    from plumbum import ProcessExecutionError  # an OSError itself

    try:
        yield
    except SettingsError as error:
        raise SopNewError(
            Code.SETTINGS_UNREADABLE,
            f"Your Copier settings can't be used: {_line(error)}",
            "Mend the settings file, or name another with COPIER_SETTINGS_PATH.",
        ) from error
    except ProcessExecutionError as error:
        raise unreadable(str(error.stderr)) from error
    except CalledProcessError as error:
        raise unreadable(error.stderr) from error
    except OSError as error:
        where = error.filename2 or error.filename or destination
        raise SopNewError(
            Code.WRITE_FAILED,
            f"{where} can't be written: {error.strerror or error}.",
            "Make room or change the permissions, or choose another destination.",
        ) from error
    except KeyboardInterrupt as error:
        raise SopNewError(
            Code.INTERRUPTED, "Interrupted.", "Nothing was written; run it again when you like."
        ) from error
    except ValueError as error:
        if refused := REFUSED.match(str(error)):
            raise refusal(answers, refused["name"], refused["why"]) from error
        raise _broken(error) from error
    except (CopierError, TemplateError, yaml.YAMLError) as error:
        raise _broken(error) from error


def origin(answers: Answers, name: str) -> str:
    """Where the answer to a question that was not asked comes from."""
    from copier import load_settings

    settings = "in your Copier settings file" if name in load_settings().defaults else None
    return answers.origin(name) or settings or "by default"


def refusal(answers: Answers, name: str, why: str) -> SopNewError:
    """The error for an answer that is refused, with where it comes from."""
    found = origin(answers, name)
    if no_choice := CHOICE.fullmatch(_line(why)):
        return _no_choice(answers, name, found, *map(literal_eval, no_choice.groups()))
    return SopNewError(
        Code.ANSWER_INVALID,
        f"{name} ({found}) is refused: {_line(why)}",
        f"Give another answer: {answers.written(name, '…')}",
    )


def _no_choice(
    answers: Answers, name: str, found: str, given: str, choices: Sequence[str]
) -> SopNewError:
    written = {choice.lower(): choice for choice in choices}
    near = get_close_matches(given.lower(), written, n=1)
    return SopNewError(
        Code.ANSWER_INVALID,
        f"{name} ({found}) is refused: {given} is none of {', '.join(choices)}.",
        f"Did you mean {written[near[0]]}? {answers.written(name, written[near[0]])}"
        if near
        else f"Take one of them: {answers.written(name, choices[0])}",
    )


def _untrusted(source: Template, error: Exception) -> SopNewError:
    # Copier names the features behind the first colon; the advice after them is for its own users.
    features = str(error).splitlines()[0].partition(": ")[2].rstrip(".").replace("_", " ")
    settings = os.environ.get("COPIER_SETTINGS_PATH") or "Copier's settings.yml"
    return SopNewError(
        Code.TEMPLATE_UNTRUSTED,
        f"The template {source.source} uses {features}: it would run code of its own here.",
        f"Use it without them; or, if you trust it, add it to the list `trust` in {settings}",
    )


def _broken(error: Exception) -> SopNewError:
    return SopNewError(
        Code.TEMPLATE_FAILED,
        f"The template can't be rendered: {_line(error)}",
        "If your Copier settings file holds braces, mend it; otherwise report this, please.",
    )


def _line(text: object) -> str:
    return " ".join(str(text).split())
