"""Rendering the template by Copier, and what goes wrong then in words of ours."""

from __future__ import annotations

import re
import shlex
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from sop_new import output, template
from sop_new.answers import Answers
from sop_new.errors import Code, SopNewError
from sop_new.template import Template

# Copier says so in its messages, which is the only way to learn whose answer it refuses.
REFUSED = re.compile(
    r"(?:Validation error for question|Invalid choice for) '(?P<name>\w+)': (?P<why>.*)", re.DOTALL
)


def render(
    source: Template,
    project: Path,
    data: Mapping[str, Any],
    *,
    ref: str = "HEAD",
    ask: bool = False,
    pretend: bool = False,
) -> None:
    """Render a template into a folder, whose answers file tells what `data` leaves open.

    Args:
        source: the template.
        project: the folder.
        data: answers.
        ref: which of the template's commits.
        ask: ask what is not given; otherwise the defaults are taken.
        pretend: write nothing.
    """
    with source.reachable():
        from copier import load_settings, run_copy
        from copier.errors import DirtyLocalWarning, ShallowCloneWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DirtyLocalWarning)
            warnings.simplefilter("ignore", ShallowCloneWarning)
            warnings.showwarning = lambda message, *_, **__: output.warn(str(message))
            run_copy(
                source.source,
                project,
                data=dict(data),
                vcs_ref=ref,
                settings=load_settings(),
                defaults=not ask,
                overwrite=True,
                pretend=pretend,
                quiet=True,
            )


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
        raise template.unreadable(str(error.stderr)) from error
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
            raise _refusal(answers, refused["name"], refused["why"]) from error
        raise _broken(error) from error
    except (CopierError, TemplateError, yaml.YAMLError) as error:
        raise _broken(error) from error


def _refusal(answers: Answers, name: str, why: str) -> SopNewError:
    from copier import load_settings

    origin = answers.origin(name)
    if origin is None and name in load_settings().defaults:
        origin = "in your Copier settings file"
    return SopNewError(
        Code.ANSWER_INVALID,
        f"{name} ({origin or 'by default'}) is refused: {_line(why)}",
        f"Give another answer: -d {shlex.quote(name)}=…",
    )


def _broken(error: Exception) -> SopNewError:
    return SopNewError(
        Code.TEMPLATE_FAILED,
        f"The template can't be rendered: {_line(error)}",
        "If your Copier settings file holds braces, mend it; otherwise report this, please.",
    )


def _line(text: object) -> str:
    return " ".join(str(text).split())
