"""Each check finds what it is for, and nothing else: proved by operators broken on purpose."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sop_new.check.catalogue import FOLDER, checks
from sop_new.check.warm import ZENML, warm

from tests.cli.test_interrupts import heed_signals
from tests.mutants import live, static
from tests.mutants.edits import Edit, Mutant
from tests.mutants.grid import TO_LOOK_AT, TO_RUN
from tests.template.environments import lay_over, whole_environment
from tests.template.projects import NAME, PACKAGE, SOURCE
from tests.template.rendering import copy_template, render
from tests.zenml.versions import NEWEST

LOOKED_AT = [check.id for check in checks() if check.level in ("structure", "config")]
PATIENCE = "60"
"""How long a pipeline may take, in seconds: some of the broken operators wait for ever."""


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    template = copy_template(tmp_path_factory.mktemp("template"))
    return render(template, tmp_path_factory.mktemp("good") / NAME, {"backend": "local"})


@pytest.fixture(scope="session")
def python(good: Path) -> Iterator[Path]:
    """The Python of an environment with ZenML and the good operator."""
    environment = lay_over(whole_environment(NEWEST.lock), good.parent / "environment")
    environment.install("--editable", str(good))
    # Not pytest: it is what some of the broken operators import.
    with warm(environment.python, *ZENML) as python:
        yield python


def outcomes(
    python: Path, good: Path, folder: Path, edits: Sequence[Edit], only: Sequence[str] = ()
) -> dict[str, str]:
    """How each check comes out on the good operator, broken by these edits."""
    shutil.copytree(good / PACKAGE, folder / PACKAGE)
    for edit in edits:
        edit.apply(folder / PACKAGE)
    shutil.copytree(FOLDER, folder / "contract", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pytest.ini").touch()
    variables = {
        "CONTRACT_FLAVOR": SOURCE,
        "CONTRACT_ONLY": ",".join(only),
        "CONTRACT_PATIENCE": PATIENCE,
        # Other tests run beside it.
        "CONTRACT_AT_ONCE": "2",
        "CONTRACT_REPORT": str(folder / "report"),
        live.RECORDED: str(folder / "calls"),
        "PYTHONPATH": str(folder),
        "ZENML_CONFIG_PATH": str(good.parent / "zenml"),
    }
    options = ("-p", "no:cacheprovider", "-c", "pytest.ini", "--rootdir", ".")
    said = subprocess.run(
        [python, "-m", "pytest", *options, "contract"],
        cwd=folder,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=heed_signals,
    ).stdout
    print(said)
    assert (folder / "report").exists()
    lines = [json.loads(line) for line in (folder / "report").read_text().splitlines()]
    return {line["id"]: line["outcome"] for line in lines}


def failed(found: dict[str, str]) -> set[str]:
    return {check for check, outcome in found.items() if outcome == "failed"}


def edits_of(group: Sequence[Mutant]) -> list[Edit]:
    return [edit for mutant in group for edit in mutant.edits]


def checks_of(group: Sequence[Mutant]) -> set[str]:
    return set().union(*({mutant.check} | mutant.also for mutant in group))


def names_of(group: Sequence[Mutant]) -> str:
    return " ".join(mutant.check for mutant in group)


# What takes longest comes first, so that no process has to wait for it at the end.
@pytest.mark.parametrize("group", TO_RUN, ids=names_of)
def test_what_is_seen_by_running_steps_is_found_by_its_check_alone(
    python: Path, good: Path, tmp_path: Path, group: list[Mutant]
) -> None:
    found = outcomes(python, good, tmp_path, [live.HURRIED, *live.RECORDING, *edits_of(group)])
    # That each passes on a good operator is seen where its own mutant is not among them.
    assert found.keys() == {check.id for check in checks()}
    assert failed(found) == checks_of(group)


@pytest.mark.parametrize("group", TO_LOOK_AT, ids=names_of)
def test_what_is_seen_by_looking_is_found_by_its_check_alone(
    python: Path, good: Path, tmp_path: Path, group: list[Mutant]
) -> None:
    found = outcomes(python, good, tmp_path, edits_of(group), [*LOOKED_AT, "SOP301", "SOP405"])
    assert failed(found) == checks_of(group)


def test_what_is_legal_fails_no_pipeline(python: Path, good: Path, tmp_path: Path) -> None:
    found = outcomes(python, good, tmp_path, [live.HURRIED, *live.RECORDING, *live.LEGAL])
    assert not failed(found)
    assert {found[check] for check in live.SEEN} == {"passed"}


@pytest.mark.parametrize("edits", static.LEGAL.values(), ids=static.LEGAL)
def test_what_is_legal_fails_nothing(
    python: Path, good: Path, tmp_path: Path, edits: Sequence[Edit]
) -> None:
    found = outcomes(python, good, tmp_path, edits, LOOKED_AT)
    assert found.keys() == set(LOOKED_AT)
    assert not failed(found)
