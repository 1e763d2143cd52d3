"""Where a secret of a step's environment, or of a component, is not to be seen."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from .checks import Subject, check, refuse_if
from .conftest import make_operator
from .launcher import Played
from .stage import Stage

RECORDED = "SOP_NEW_RECORDED_CALLS"
"""Names the file to which a stand-in of an engine appends what others may read of jobs."""


@check(
    "SOP401",
    severity="serious",
    demands="No secret of a step's environment is in a command line.",
    why="Everybody on the machine can list command lines. ZenML hands tokens and the "
    "secrets of the stack over (ZenML 0.98, orchestrators/step_launcher.py).",
    mend="Hand the environment over as the environment, or in a file of one's own.",
)
def test_no_command_line_shows_a_secret(running: Stage, looked: Played) -> None:
    programs = sorted(running.watch.in_commands)
    refuse_if(programs, f"it was an argument of {', '.join(programs)}")


@check(
    "SOP402",
    severity="serious",
    demands="No secret of a step's environment is in a file that others can read.",
    why="ZenML puts the stack's secrets and a token into the environment, a shared "
    "machine has other users, and files outlive the step (ZenML 0.98, "
    "orchestrators/step_launcher.py).",
    mend="Create the file with mode 0600 (`os.open(..., 0o600)`), not by `chmod` "
    "afterwards; remove it at the end.",
)
def test_no_file_shows_a_secret(running: Stage, looked: Played) -> None:
    files = sorted(running.watch.in_files)
    refuse_if(files, f"others could read it in {', '.join(files)}")


@check(
    "SOP403",
    severity="serious",
    demands="No secret of a step's environment is in what the launcher prints.",
    why="ZenML puts the stack's secrets and a token into the environment, and the "
    "output of a launcher is the log of a CI job, which many read (ZenML 0.98, "
    "orchestrators/step_launcher.py).",
    mend="Log neither environments nor commands; mask their values in errors.",
)
def test_no_output_shows_a_secret(running: Stage, looked: Played) -> None:
    telling = [task for task, played in running.played.items() if running.key in played.said]
    refuse_if(telling, f"it was printed in {', '.join(telling)}")


@check(
    "SOP404",
    severity="serious",
    demands="No secret of a step's environment is in the step's metadata.",
    why="ZenML shows it to everybody who may see the run, for ever (ZenML 0.98, client.py).",
    mend="Publish what a job is found by, and nothing it was given.",
)
def test_no_metadata_shows_a_secret(running: Stage, looked: Played) -> None:
    telling = [
        step["name"]
        for played in running.played.values()
        for step in played.steps or ()
        if running.key in step["metadata"]
    ]
    refuse_if(telling, f"it is in the metadata of {', '.join(telling)}")


@check(
    "SOP405",
    severity="minor",
    demands="The operator's `repr` shows no secret of its configuration.",
    why="It is in tracebacks and debug logs. ZenML's own operators do it too: the base class shows "
    "the whole configuration (ZenML 0.98, stack/stack_component.py).",
    mend="Define `__repr__`, with the component's name and nothing else.",
)
def test_no_repr_shows_a_secret(
    subject: Subject,
    operator_class: Any,
    config_class: Any,
    configuration: dict[str, Any],
) -> None:
    from zenml.utils.secret_utils import is_secret_field

    fields = config_class.model_fields
    secrets = {name for name, field in fields.items() if is_secret_field(field)}
    if not secrets:
        pytest.skip("it has no secrets")
    shown = {}
    for name in sorted(secrets):
        # One that takes only texts of a certain form is left out.
        with suppress(ValidationError):
            config = config_class(**configuration | {name: f"canary-of-{name}"})
            operator = make_operator(subject, operator_class, config)
            shown[name] = f"canary-of-{name}" in repr(operator)
    if not shown:
        pytest.skip("its secrets take no text of these tests")
    telling = [name for name, is_shown in shown.items() if is_shown]
    refuse_if(telling, f"it shows {', '.join(telling)}")


@check(
    "SOP406",
    severity="serious",
    demands="What a step was given is gone at its end.",
    why="A job script or a file of variables that stays is a token, and the stack's secrets, in "
    "each backup of the disk, for as long as nobody tidies up (ZenML 0.98, "
    "orchestrators/step_launcher.py).",
    mend="Remove it as soon as the job has read it, and for those that never began in "
    "`cleanup_step_submission`, or before ZenML 0.96 at the end of the wait.",
)
def test_nothing_that_was_given_is_left(running: Stage, looked: Played) -> None:
    played = [looked, *running.played.values()]
    written = {file for each in played if each.run for file in each.written or ()}
    # That file is a stand-in's.
    written.discard(str(Path(os.environ.get(RECORDED, "")).absolute()))
    left = sorted(map(str, running.watch.left_in(written)))
    refuse_if(left, f"it is still in {', '.join(left)}")


@check(
    "SOP407",
    severity="serious",
    demands="No job's definition, label or description holds a secret.",
    why="Whoever may list the engine's jobs reads them, often for months. ZenML hands tokens and "
    "the secrets of the stack over (ZenML 0.98, orchestrators/step_launcher.py).",
    mend="Hand the environment over by what the engine has for secrets, or in a private file. "
    "This is seen where a stand-in of the engine appends what others may read of its jobs, "
    "as text, to the file that the variable SOP_NEW_RECORDED_CALLS names.",
)
def test_no_definition_shows_a_secret(running: Stage, looked: Played) -> None:
    name = os.environ.get(RECORDED)
    if not name:
        pytest.skip(f"{RECORDED} names no file with what an engine was sent")
    recorded = Path(name)
    _ = running.played
    if not recorded.is_file() or not recorded.stat().st_size:
        pytest.skip(f"nothing was recorded in {recorded}")
    lines = recorded.read_text(encoding="utf-8", errors="replace").splitlines()
    # Not the line, which holds the secret.
    telling = [str(number) for number, line in enumerate(lines, 1) if running.key in line]
    refuse_if(telling, f"it is in line {', '.join(telling)} of {recorded}")
