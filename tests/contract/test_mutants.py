"""Each check finds what it is for, and nothing else: proved by operators broken on purpose."""

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sop_new.contract import checks

from tests.contract.mutants import MUTANTS, Edit, Mutant
from tests.contract.warm import ZENML, warm
from tests.template.environments import lay_over, whole_environment
from tests.template.projects import NAME, PACKAGE, SOURCE
from tests.template.rendering import copy_template, render
from tests.zenml.versions import NEWEST


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


def outcomes(python: Path, good: Path, folder: Path, *edits: Edit) -> dict[str, str]:
    """How each check comes out on the good operator, broken by these edits."""
    shutil.copytree(good / PACKAGE, folder / PACKAGE)
    for edit in edits:
        edit.apply(folder / PACKAGE)
    shutil.copytree(good / "tests" / "contract", folder / "contract")
    (folder / "pytest.ini").touch()
    variables = {
        "CONTRACT_FLAVOR": SOURCE,
        "CONTRACT_REPORT": str(folder / "report"),
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
    ).stdout
    assert (folder / "report").exists(), said
    lines = [json.loads(line) for line in (folder / "report").read_text().splitlines()]
    return {line["id"]: line["outcome"] for line in lines}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.check)
def test_a_broken_operator_is_found_by_its_check_alone(
    python: Path, good: Path, tmp_path: Path, mutant: Mutant
) -> None:
    found = outcomes(python, good, tmp_path, *mutant.edits)
    failed = {check for check, outcome in found.items() if outcome == "failed"}
    assert failed == {mutant.check} | mutant.also


def test_the_good_operator_fails_nothing(python: Path, good: Path, tmp_path: Path) -> None:
    found = outcomes(python, good, tmp_path)
    assert found.keys() == {check.id for check in checks()}
    assert "failed" not in found.values()


def test_every_check_has_a_broken_operator() -> None:
    broken = Counter(mutant.check for mutant in MUTANTS)
    assert set(broken) == {check.id for check in checks()}
