"""Loads what is checked, and notes what each check has found.

CONTRACT_FLAVOR names the import path of the flavor's class, CONTRACT_REPORT a file to
which each check adds a line of JSON. CONTRACT_CONFIG may name a file with the
configuration of a component as JSON, CONTRACT_IMAGE the image that runs the steps, and
CONTRACT_STAND_IN a module that takes the place of the engine. CONTRACT_ONLY chooses
checks, CONTRACT_SKIPS is a JSON object of those that are not to be run, each with the
reason. CONTRACT_UNIMPORTABLE is one of the check that says why the flavor cannot be
imported. CONTRACT_PATIENCE is how long the first pipeline may take, in seconds, and
bounds all other waits. CONTRACT_AT_ONCE is how many run side by side.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from .checks import INSTALL_IT, Check, Subject, door, lacking, name_of, needs_submit, refuse_if
from .launcher import Played
from .options import guessed, in_a_line
from .scenes import Orphan, orphaned
from .stage import AT_ONCE, Stage

IN_SUBPROCESS = Path(__file__).with_name("in_subprocess.py")

HELP = (
    "start its engine; --config FILE says where it is, --image IMAGE what runs the steps, and "
    "--stand-in MODULE takes its place"
)
REMEDIES = {
    "ModuleNotFoundError": INSTALL_IT,
    "NotImplementedError": "write it; until then, --level structure --level config",
}
"""What helps where no step can run, by the kind of exception that says so."""

FATAL: set[str] = set()
"""Checks that failed, so that nothing can run."""


def check_of(item: pytest.Item) -> Check | None:
    """Return the check that a test is."""
    return getattr(getattr(item, "function", None), "check", None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what nobody wants, and skip what is not to be run."""
    only = [id for id in os.environ.get("CONTRACT_ONLY", "").split(",") if id]
    skips = json.loads(os.environ.get("CONTRACT_SKIPS", "{}"))
    left_out = []
    for item in items:
        check = check_of(item)
        if not check:
            continue
        if only and check.id not in only:
            left_out.append(item)
        elif check.id in skips:
            item.add_marker(pytest.mark.skip(reason=skips[check.id]))
    chosen = [item for item in items if item not in left_out]
    # What was seen of an operator decides whether it is run.
    items[:] = sorted(chosen, key=lambda item: getattr(check_of(item), "id", ""))
    config.hook.pytest_deselected(items=left_out)


UNIMPORTABLE: dict[str, str] = json.loads(os.environ.get("CONTRACT_UNIMPORTABLE", "{}"))
"""The check that finds why the flavor cannot be imported, if it cannot, and what it says."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail the check that is about a flavor which cannot be imported; others see nothing."""
    check = check_of(item)
    if check and UNIMPORTABLE:
        refuse_if(check.id in UNIMPORTABLE, UNIMPORTABLE.get(check.id, ""))
        pytest.skip(f"the flavor cannot be imported: see {', '.join(UNIMPORTABLE)}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Say of a check that failed what it demands, and write down how each came out."""
    outcome: Any = yield
    report, check = outcome.get_result(), check_of(item)
    if not check or (report.when != "call" and report.passed):
        return
    said = lacks = ""
    severity = check.severity
    if report.failed and call.excinfo:
        error = call.excinfo.value
        said = str(error)
        if not isinstance(error, pytest.fail.Exception):
            said = f"{name_of(type(error))}: {said}"
        report.longrepr = (
            f"{check.id} demands: {check.demands}\n  seen: {said}\n"
            f"  why: {check.why}\n  mend: {check.mend}"
        )
        severity = getattr(error, "severity", None) or severity
        if severity == "fatal":
            FATAL.add(check.id)
    elif report.skipped and call.excinfo:
        said = call.excinfo.value.msg  # type: ignore[attr-defined]
        lacks = getattr(call.excinfo.value, "remedy", "")
        path, number, _ = report.longrepr
        report.longrepr = path, number, f"Skipped: {said}" + (f" ({lacks})" if lacks else "")
    line = {"id": check.id, "outcome": report.outcome, "said": said}
    line |= {"lacks": lacks, "severity": severity}
    with Path(os.environ["CONTRACT_REPORT"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


@pytest.fixture(scope="session")
def subject() -> Subject:
    """What is checked."""
    if stand_in := os.environ.get("CONTRACT_STAND_IN"):
        importlib.import_module(stand_in)
    source = os.environ["CONTRACT_FLAVOR"]
    module, _, name = source.rpartition(".")
    return Subject(source, getattr(importlib.import_module(module), name))


@pytest.fixture(scope="session")
def flavor(subject: Subject) -> Any:
    """Its instance."""
    try:
        return subject.flavor
    except Exception:
        pytest.skip("it cannot be made: see SOP101")


def class_of(subject: Subject, name: str, base: type, checked_by: str) -> Any:
    """Return a class that the flavor names; skip where there is none to look at."""
    try:
        found = getattr(subject, name)
        if issubclass(found, base):
            return found
    except ImportError as error:
        lacking(f"its {name} needs what is not installed: {error}", INSTALL_IT)
    except Exception as error:
        pytest.skip(f"its {name}: {in_a_line(error)}; see {checked_by}")
    pytest.skip(f"its {name} is none: see {checked_by}")


@pytest.fixture(scope="session")
def config_class(subject: Subject, flavor: Any) -> Any:
    """Class of its configuration."""
    from zenml.stack import StackComponentConfig

    return class_of(subject, "config_class", StackComponentConfig, "SOP105")


@pytest.fixture(scope="session")
def operator_class(subject: Subject, flavor: Any) -> Any:
    """Class of the step operator."""
    from zenml.step_operators import BaseStepOperator

    return class_of(subject, "operator_class", BaseStepOperator, "SOP106")


@pytest.fixture(scope="session")
def store() -> Any:
    """A client of ZenML's store."""
    from zenml.client import Client

    try:
        client = Client()
        # It is made when it is asked for.
        _ = client.zen_store
    except Exception as error:
        lacking(f"ZenML's store cannot be used: {in_a_line(error)}", "install zenml[local]")
    return client


@pytest.fixture(scope="session")
def configuration(config_class: Any) -> dict[str, Any]:
    """A configuration that registers a component."""
    if path := os.environ.get("CONTRACT_CONFIG"):
        given: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    else:
        given = guessed(config_class)
    try:
        config_class(**given)
    except Exception as error:
        lacking(f"it needs a configuration: {in_a_line(error)}", "--config FILE gives it")
    return given


@pytest.fixture
def config(config_class: Any, configuration: dict[str, Any]) -> Any:
    """That configuration, as an object."""
    return config_class(**configuration)


def make_operator(subject: Subject, operator_class: Any, config: Any) -> Any:
    """Make a step operator as ZenML does (ZenML 0.98, stack/stack_component.py)."""
    now = datetime.now().astimezone()
    return operator_class(
        name="contract",
        id=uuid4(),
        config=config,
        flavor=subject.flavor.name,
        type=subject.flavor.type,
        user=None,
        created=now,
        updated=now,
        environment={},
        secrets=[],
        labels={},
        connector_requirements=None,
        connector=None,
        connector_resource_id=None,
    )


@pytest.fixture
def operator(subject: Subject, operator_class: Any, config: Any) -> Any:
    """The step operator."""
    try:
        return make_operator(subject, operator_class, config)
    except Exception:
        pytest.skip("it cannot be made: see SOP115")


@pytest.fixture(scope="session")
def in_subprocess(subject: Subject) -> Any:
    """What a subprocess, in another folder, finds of the flavor."""
    module, _, name = subject.source.rpartition(".")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, str(IN_SUBPROCESS), module, name],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing"]
        lacking(
            f"it cannot be made in another folder: {said[-1]}",
            "install its package, or name its folder in PYTHONPATH",
        )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def stage(subject: Subject, config_class: Any, configuration: dict[str, Any]) -> Iterator[Stage]:
    """A throwaway ZenML that runs pipelines on the step operator."""
    if FATAL:
        pytest.skip(f"nothing can run: see {', '.join(sorted(FATAL))}")
    needed = [name for name, f in config_class.model_fields.items() if f.is_required()]
    if needed and not os.environ.get("CONTRACT_CONFIG"):
        lacking(f"it needs a configuration, with {', '.join(needed)}", "--config FILE gives it")
    # What failed is often kept, for whoever looks for the reason; here, nobody does.
    if "keep_failed" in config_class.model_fields:
        configuration = configuration | {"keep_failed": False}
    elsewhere = any(os.environ.get(f"CONTRACT_{what}") for what in ("IMAGE", "STAND_IN"))
    remote = elsewhere or bool(config_class(**configuration).is_remote)
    stage = Stage(subject.source, subject.flavor.name, configuration, remote)
    yield stage
    stage.close()


@pytest.fixture(scope="session")
def looked(stage: Stage) -> Played:
    """A run of one step, which looked around; skips if no step can run here."""
    played = stage.play("prepare")
    if played.ended and not played.raised:
        played = stage.play("static.looking")
        # It had the machine for itself; the others run side by side.
        stage.limit = min(stage.limit, 60 + 4 * AT_ONCE * played.seconds)
        if played.ended and played.raised and not played.excuse:
            stage.refusal = played.error
            played = stage.do_without_texts("static.looking")
        stage.step_seconds = played.seconds
    if played.excuse:
        known = (remedy for kind, remedy in REMEDIES.items() if kind in played.kinds)
        lacking(f"it can run no step here: {played.excuse}", next(known, HELP))
    return played


def scenes_of(items: list[pytest.Item], operator_class: Any) -> Iterator[Any]:
    """Yield what the chosen checks look at; what only takes time by itself comes first."""
    found: list[Any] = []
    for item in items:
        function = getattr(item, "function", None)
        is_skipped = any(
            marker.name == "skip" or (marker.name == "skipif" and marker.args[0])
            for marker in item.iter_markers()
        )
        concerned = not getattr(function, "submits", False) or door(operator_class, "submit")
        if concerned and not is_skipped:
            found += getattr(function, "scenes", ())
    yield from sorted(dict.fromkeys(found), key=lambda scene: isinstance(scene, str))


@pytest.fixture(scope="session")
def running(
    stage: Stage, looked: Played, operator_class: Any, request: pytest.FixtureRequest
) -> Stage:
    """The stage, where a step has run to its end, and all others are begun."""
    if looked.step().get("status") != "completed":
        pytest.skip("no step has run to its end: see SOP301")
    stage.begin(*scenes_of(request.session.items, operator_class))
    return stage


@pytest.fixture(scope="session")
def orphan(running: Stage, operator_class: Any) -> Orphan:
    """A step whose launcher was killed."""
    needs_submit(operator_class)
    found: Orphan | None = running.see(orphaned)
    if found is None:
        pytest.skip("the step that waits has not begun: see SOP301")
    return found
