"""Each check of the engine contract finds what it is for, and nothing else."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.mutants.engines import ALL, FACTS, GOOD, Broken, groups
from tests.template.environments import Environment, lay_over, whole_environment
from tests.template.projects import NAME, PACKAGE
from tests.template.rendering import copy_template, render
from tests.zenml.versions import NEWEST

PATIENCE = "PATIENCE_SECONDS = 60", "PATIENCE_SECONDS = 20"
RETURN = "RETURN_SECONDS = 10", "RETURN_SECONDS = 3"
"""Some of the broken engines never do what is waited for."""

OPTIONS = ("-p", "no:cacheprovider", "--junit-xml=r.xml")

LEFT = "ENGINE_CONTRACT_RUN"
"""A variable that tells what is left running by a broken engine."""


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """ZenML and a project whose engine is good."""
    place = tmp_path_factory.mktemp("engines")
    folder = render(copy_template(place / "template"), place / NAME, {"backend": "local"})
    environment = lay_over(whole_environment(NEWEST.lock), place / "environment")
    environment.install("--editable", str(folder))
    return environment


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, in which nothing runs afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="broken-"))
    yield folder
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{LEFT}={folder}\0".encode() in (process / "environ").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def outcomes(environment: Environment, folder: Path, *broken: Broken) -> dict[str, str]:
    """How each check comes out on the good engine, broken in these ways."""
    project = environment.folder.parent / NAME
    shutil.copytree(project / PACKAGE, folder / PACKAGE)
    shutil.copytree(project / "tests", folder / "tests")
    shutil.copy(project / "pyproject.toml", folder)
    for edit in [*GOOD, *(edit for each in broken for edit in each.edits)]:
        edit.apply(folder / PACKAGE)
    contract = folder / "tests" / "engine_contract"
    (contract / "facts.py").write_text(FACTS)
    jobs = (contract / "jobs.py").read_text()
    for old, new in (PATIENCE, RETURN):
        assert jobs.count(old) == 1
        jobs = jobs.replace(old, new)
    (contract / "jobs.py").write_text(jobs)
    (folder / "tmp").mkdir()
    said = subprocess.run(
        [environment.python, "-m", "pytest", *OPTIONS, contract],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "TMPDIR": f"{folder}/tmp", LEFT: str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ).stdout
    print(said)
    told = {}
    for case in ElementTree.parse(folder / "r.xml").iter("testcase"):
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        told[case.attrib["name"].removeprefix("test_")] = kinds.pop() if kinds else "passed"
    return told


def test_the_good_engine_passes_all_and_each_check_has_a_broken_one(
    environment: Environment, folder: Path
) -> None:
    found = outcomes(environment, folder)
    assert set(found.values()) == {"passed"}
    assert found.keys() == {broken.check for broken in ALL}


@pytest.mark.parametrize(
    "group", groups(), ids=lambda group: " ".join(broken.check for broken in group)
)
def test_a_broken_engine_fails_its_check_alone(
    environment: Environment, folder: Path, group: list[Broken]
) -> None:
    found = outcomes(environment, folder, *group)
    failed = {check for check, outcome in found.items() if outcome in ("failure", "error")}
    assert failed == set().union(*({broken.check} | broken.also for broken in group))
