"""Steps that end well, and what they were given: real pipelines."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from .checks import check, needs_submit, plays, refuse_if
from .launcher import Played
from .stage import Stage
from .workspace.flows import awkward
from .zenml_at_hand import needs_commands, needs_dynamic


def seen_by(looked: Played) -> dict[str, Any]:
    """Return what the step has seen."""
    seen: dict[str, Any] = json.loads(Path(looked.marks, "seen").read_bytes())
    return seen


@check(
    "SOP301",
    severity="fatal",
    demands="A step runs to its end, and its pipeline with it.",
    why="That is what a step operator is for: ZenML runs such a step nowhere else "
    "(ZenML 0.98, orchestrators/step_launcher.py).",
    mend="See what was raised; `--only SOP301` runs this pipeline alone.",
)
def test_a_step_runs_to_its_end(looked: Played) -> None:
    refuse_if(looked.run != "completed", f"the run: {looked.status}; {looked.error}")


@check(
    "SOP302",
    severity="serious",
    demands="A step of any name runs.",
    why="A name is free text. It is part of the command that a step is run by, and of "
    "what jobs are often named or labelled by (ZenML 0.98, step_operators/"
    "step_operator_entrypoint_configuration.py).",
    mend="Keep the command a list, or join it by `shlex.join`; name the job after the "
    "step run's id; make labels legal.",
)
@plays("static.naming")
def test_a_step_of_any_name_runs(running: Stage) -> None:
    played = running.play("static.naming")
    refuse_if(
        played.run != "completed",
        f"the run of a step named {awkward.NAME!r}: {played.status}; {played.error}",
    )


@check(
    "SOP303",
    severity="serious",
    demands="All variables that ZenML hands over reach the step.",
    why="They hold the address of ZenML's store, its token, and the secrets of the "
    "stack (ZenML 0.98, orchestrators/step_launcher.py).",
    mend="Give the job all of `environment`.",
)
def test_the_environment_arrives(running: Stage, looked: Played) -> None:
    seen = seen_by(looked)
    missing = sorted(set(looked.handed) - set(seen["names"]))
    refuse_if(missing, f"the step lacks {', '.join(missing)}")
    changed = seen["key"] != hashlib.sha256(running.key.encode()).hexdigest()
    refuse_if(changed, "the step has another value of CONTRACT_KEY")


@check(
    "SOP304",
    severity="serious",
    demands="Their values arrive as they are, whatever they hold.",
    why="Secrets and JSON hold quotes, blanks, dollars and line breaks, and ZenML "
    "hands over any text (ZenML 0.98, orchestrators/step_launcher.py).",
    mend="Hand the environment over as a mapping, or quote it; a file of NAME=VALUE "
    "lines cannot hold a line break.",
)
def test_values_arrive_as_they_are(running: Stage, looked: Played) -> None:
    text = seen_by(looked)["text"]
    if "CONTRACT_TEXT" not in looked.handed:
        refuse_if(True, f"a step that is handed {awkward.TEXT!r} does not run: {running.refusal}")
    if text is None:
        pytest.skip("they do not arrive: see SOP303")
    refuse_if(text != awkward.TEXT, f"{awkward.TEXT!r} came as {text!r}")


@check(
    "SOP305",
    severity="serious",
    demands="Code in sub-packages is there when a step imports it.",
    why="Without an image ZenML carries no code (ZenML 0.98, pipelines/"
    "build_utils.py): what the operator leaves behind is missing inside a step.",
    mend="Carry the whole source root, as ZenML's own code archive does.",
)
def test_code_travels(running: Stage, looked: Played) -> None:
    missing = seen_by(looked)["import"]
    refuse_if(missing, f"importing flows.deep.words in a step: {missing}")


@check(
    "SOP306",
    severity="serious",
    demands="Files beside the code are there when a step reads them.",
    why="Queries, templates and word lists lie beside the code, and ZenML's own code "
    "archive holds them (ZenML 0.98, utils/code_utils.py).",
    mend="Carry the whole source root, not its modules alone.",
)
def test_files_travel(running: Stage, looked: Played) -> None:
    seen = seen_by(looked)
    if seen["import"]:
        pytest.skip("the code beside them is missing: see SOP305")
    refuse_if(seen["file"], f"reading flows/deep/words.txt in a step: {seen['file']}")


@check(
    "SOP307",
    severity="serious",
    demands="What a step returns is what the next one takes, whatever its type.",
    why="The next step reads it from the artifact store, wherever that is seen from "
    "the machine it runs on (ZenML 0.98, orchestrators/step_runner.py).",
    mend="Let the steps of a local artifact store see it: hand ZENML_LOCAL_STORES_PATH "
    "over, and mount that folder.",
)
@plays("static.passing_on")
def test_what_a_step_returns_is_passed_on(running: Stage) -> None:
    played = running.play("static.passing_on")
    sides = played.step("count_sides").get("sides")
    refuse_if(
        sides != 5,
        f"the run: {played.status}; instead of 5 came {sides}; {played.error}",
    )


@check(
    "SOP308",
    severity="serious",
    demands="A step that is to be retried runs again.",
    why="Each attempt is a step run of its own: a job that is named after the step, "
    "or the pipeline run, is taken for the one that failed (ZenML 0.84 and "
    "later; in 0.98, execution/step/utils.py).",
    mend="Name the job after `info.step_run_id`.",
)
@plays("static.retrying")
def test_a_retried_step_runs_again(running: Stage) -> None:
    played = running.play("static.retrying")
    attempts = len(list(Path(played.marks).iterdir())) if played.marks else 0
    refuse_if(
        played.run != "completed" or attempts != 2,
        f"the run: {played.status}; 2 attempts were to be made, there were {attempts}",
    )


@check(
    "SOP309",
    severity="serious",
    demands="Steps of a dynamic pipeline run side by side, each to its end.",
    why="ZenML submits them from threads and asks for each in turn (ZenML 0.98, "
    "execution/pipeline/dynamic/runner.py).",
    mend="Keep what belongs to one step out of the operator's attributes; let "
    "`get_status` say COMPLETED when a step has ended well.",
)
@plays("dynamic.concurrent", submits=True)
@needs_dynamic
def test_concurrent_steps_end(running: Stage, operator_class: Any) -> None:
    needs_submit(operator_class)
    played = running.play("dynamic.concurrent")
    ended = len(list(Path(played.marks).iterdir())) if played.marks else 0
    refuse_if(
        played.run != "completed" or ended != 2,
        f"the run: {played.status}; of 2 steps {ended} have run; {played.error}",
    )


@check(
    "SOP310",
    severity="serious",
    demands="A command step gets its arguments as they are.",
    why="Its command is any list of texts: joined by blanks, or split after three "
    "words, it is another one (ZenML 0.95 and later; in 0.98, "
    "config/step_configurations.py).",
    mend="Keep the command a list, or join it by `shlex.join`.",
)
@plays("commands.commanding")
@needs_commands
def test_a_command_gets_its_arguments(running: Stage) -> None:
    played = running.play("commands.commanding")
    file = Path(played.marks or "", "arguments")
    got = json.loads(file.read_bytes()) if file.is_file() else None
    refuse_if(
        got != awkward.ARGUMENTS,
        f"the run: {played.status}; {awkward.ARGUMENTS!r} came as {got!r}",
    )
