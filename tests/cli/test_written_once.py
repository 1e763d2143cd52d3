"""What the owner of an engine of their own has filled in is never merged into, by either door."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import SopNew
from tests.cli.versions import WAITING, Make, Versions, keep

Update = Callable[[Path], None]

STUB = "template/{{ package_name }}/{% if backend == 'blank' %}engine{% endif %}/client.py"
FACTS = "template/tests/engine_contract/{% if backend == 'blank' %}facts.py{% endif %}"
TEST = "template/tests/{% if backend == 'blank' %}test_engine.py{% endif %}.jinja"


@pytest.fixture(params=["sop-new update", "copier update"])
def update(request: pytest.FixtureRequest, sop_new: SopNew) -> Update:
    """Updates a project by either door."""

    def by_sop_new(project: Path) -> None:
        ran = sop_new("update", project)
        assert ran.status == 0, ran.stdout + ran.stderr

    def by_copier(project: Path) -> None:
        command = [str(Path(sys.executable).with_name("copier")), "update", "--defaults", "--quiet"]
        # A template without releases has no version but its last commit.
        command += ["--vcs-ref", "HEAD"]
        subprocess.run(command, cwd=project, check=True, capture_output=True)

    return by_sop_new if request.param == "sop-new update" else by_copier


def reword(versions: Versions) -> None:
    """A version with other words in the stubs, and in the core."""
    versions.edit(STUB, '"""How are jobs ended before their time?', '"""How does a job end early?')
    first = (versions.folder / TEST).read_text().splitlines()[0]
    versions.edit(TEST, first, '"""What the engine is to do."""')
    versions.edit(FACTS, "QUEUED: dict[str, Any] = {}", "QUEUED: dict[str, str] = {}")
    versions.edit(WAITING, '"""Waits for the end of a step."""', '"""Waits for a step\'s end."""')
    versions.commit()


def test_a_stub_that_was_filled_in_stays_as_it_is(
    make: Make, versions: Versions, update: Update
) -> None:
    project = make(backend="blank")
    client, test = project / "zenml_acme/engine/client.py", project / "tests/test_engine.py"
    text = client.read_text()
    lively = text.replace('"""How are jobs ended before their time?', '"""Ends it by its number.')
    assert lively != text
    client.write_text(lively)
    # What its owner has deleted lets Copier look at its lists before it knows the answers.
    (project / "CHANGELOG.md").unlink()
    test.write_text('"""Tests of a lively engine."""\n')
    facts = project / "tests" / "engine_contract" / "facts.py"
    facts.write_text('"""Lively."""\n')
    keep(project)
    reword(versions)

    update(project)

    assert client.read_text() == lively
    assert test.read_text() == '"""Tests of a lively engine."""\n'
    assert facts.read_text() == '"""Lively."""\n'
    waiting = project / "zenml_acme/_core/lifecycle/waiting.py"
    assert waiting.read_text().startswith('"""Waits for a step\'s end."""')
    assert not (project / "CHANGELOG.md").exists()


def test_a_stub_that_was_renamed_gets_nothing_under_its_new_name(
    make: Make, versions: Versions, sop_new: SopNew
) -> None:
    project = make(backend="blank")
    engine = project / "zenml_acme" / "engine"
    (engine / "client.py").rename(engine / "lively.py")
    kept = (engine / "lively.py").read_bytes()
    keep(project)
    reword(versions)

    told = json.loads(sop_new("update", project, "--json").stdout)

    assert (engine / "lively.py").read_bytes() == kept
    assert not (engine / "client.py").exists()
    assert not told["conflicts"]


def test_an_engine_that_is_no_stub_is_merged(
    make: Make, versions: Versions, sop_new: SopNew
) -> None:
    project = make(backend="slurm")
    client = project / "zenml_acme" / "engine" / "client.py"
    client.write_text(client.read_text() + "\nMINE = True\n")
    keep(project)
    slurm = "template/{{ package_name }}/{% if backend == 'slurm' %}engine{% endif %}/client.py"
    first = (versions.folder / slurm).read_text().splitlines()[0]
    versions.edit(slurm, first, '"""Runs jobs."""')
    versions.commit()

    assert sop_new("update", project).status == 0

    text = client.read_text()
    assert text.startswith('"""Runs jobs."""\n')
    assert text.endswith("\nMINE = True\n")
