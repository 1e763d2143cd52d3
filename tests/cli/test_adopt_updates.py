"""`sop-new adopt`: an adopted project is updated like any other, and keeps its owner's files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sop_new.check.result import Report
from sop_new.templates import source
from sop_new.update.result import Checked, Updated

from tests.cli.by_hand import CODE, OPERATOR, Adopt, paths
from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import program, run
from tests.cli.versions import WAITING, Versions, files, keep
from tests.template.rendering import ANSWERS_FILE

WAITING_HERE = "zenml_grid/_core/lifecycle/waiting.py"
PACKAGE = "template/{{ package_name }}"


@pytest.fixture
def versions(sop_new: SopNew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Versions:
    """The versions of the template that sop-new carries here."""
    made = Versions(tmp_path / "template")
    monkeypatch.setattr(source, "PACKAGE", made.folder / "generator" / "sop_new")
    return made


@pytest.fixture
def adopted(versions: Versions, grid: Path, adopt: Adopt) -> Path:
    """The operator, adopted with some of the template's files."""
    adopt(grid, "--add", WAITING_HERE, "--add", "tests/e2e")
    return keep(grid)


def newer(versions: Versions) -> None:
    """A version that changes what was added, what was not, and what both have; and adds a file."""
    versions.edit(WAITING, '"""Waits for the end of a step."""', '"""Waits for a step\'s end."""')
    versions.edit(
        f"{PACKAGE}/_core/lifecycle/masking.py", '"""Keeps secrets out', '"""Holds secrets out'
    )
    versions.edit("template/.gitignore", "# Python\n", "# Python, all of it\n")
    (versions.folder / PACKAGE / "_core" / "lifecycle" / "polling.py").unlink()
    (versions.folder / PACKAGE / "extra.py").write_text('"""More."""\n')
    versions.commit()


def test_an_update_brings_what_was_added_and_leaves_alone_what_was_not(
    adopted: Path, versions: Versions, sop_new: SopNew
) -> None:
    before = files(adopted)
    newer(versions)

    checked = Checked.model_validate_json(sop_new("update", adopted, "--check", "--json").stdout)
    ran = sop_new("update", adopted, "--json")

    assert checked.outdated
    assert ran.status == 0, ran.stdout
    told = Updated.model_validate_json(ran.stdout)
    assert not told.conflicts
    changed = {file.path: file.change for file in told.files}
    theirs = {ANSWERS_FILE: "changed", ".gitignore": "changed", WAITING_HERE: "changed"}
    assert changed == {**theirs, "zenml_grid/extra.py": "added"}
    after = files(adopted)
    assert '"""Waits for a step\'s end."""' in after[WAITING_HERE].decode()
    # Theirs and mine are in it, both.
    assert after[".gitignore"].decode().startswith("# Python, all of it\n")
    assert after[".gitignore"].endswith(b"results/\n")
    assert {name: text for name, text in after.items() if name not in changed} == {
        name: text for name, text in before.items() if name not in changed
    }


def test_where_the_template_changes_what_the_owner_wrote_otherwise_both_stand(
    adopted: Path, sop_new: SopNew
) -> None:
    ran = sop_new("update", adopted, "-d", "description=Another", "--json")

    assert ran.status == 3
    assert json.loads(ran.stdout)["conflicts"] == ["README.md", "pyproject.toml"]
    text = (adopted / "README.md").read_text()
    assert text.startswith("<<<<<<< yours\n# The grid\n")
    assert "Another" in text
    assert (adopted / CODE).read_text() == OPERATOR


def test_more_of_the_template_can_be_added_later(
    adopted: Path, versions: Versions, sop_new: SopNew, adopt: Adopt
) -> None:
    newer(versions)
    assert sop_new("update", adopted).status == 0
    (adopted / ANSWERS_FILE).unlink()
    keep(adopted)

    told = adopt(adopted, "--add", "CHANGELOG.md")

    assert paths(told, "added") == [ANSWERS_FILE, "CHANGELOG.md"]
    assert WAITING_HERE in paths(told, "same")


def test_copiers_own_command_updates_an_adopted_project(
    adopted: Path, versions: Versions, sop_new: SopNew
) -> None:
    other = adopted.parent / "other" / adopted.name
    shutil.copytree(adopted, other)
    newer(versions)

    assert sop_new("update", adopted).status == 0
    copier = Path(sys.executable).with_name("copier")
    options = ("--defaults", "--quiet", "--vcs-ref", "HEAD")
    subprocess.run(
        [str(copier), "update", *options, str(other)], check=True, stdin=subprocess.DEVNULL
    )

    assert files(adopted) == files(other)


def test_the_contract_checks_the_operator(adopted: Path, python: Path) -> None:
    flavor = "zenml_grid.operator.GridStepOperatorFlavor"
    ran = run(
        *(*program(), "check", flavor, "--python", str(python), "--level", "structure", "--json"),
        folder=adopted,
    )

    report = Report.model_validate_json(ran.stdout)
    failed = {check.id for check in report.checks if check.outcome == "failed"}
    # All three classes are in one module, and there is no `submit`.
    assert failed == {"SOP107", "SOP117"}
