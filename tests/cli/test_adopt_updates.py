"""`sop-new adopt`: an adopted project is updated like any other, and keeps its owner's files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sop_new.check.result import Report
from sop_new.errors import Code
from sop_new.projects.taken import NOT_TAKEN_FILE
from sop_new.templates import source
from sop_new.update.result import Checked, Updated

from tests.cli.by_hand import CODE, OPERATOR, Adopt, paths
from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import failure, program, run
from tests.cli.versions import WAITING, Versions, files, keep
from tests.template.rendering import ANSWERS_FILE

WAITING_HERE = "zenml_grid/_core/lifecycle/waiting.py"
MASKING_HERE = "zenml_grid/_core/lifecycle/masking.py"
PACKAGE = "template/{{ package_name }}"


@pytest.fixture
def versions(sop_new: SopNew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Versions:
    """The versions of the template that sop-new carries here."""
    made = Versions(tmp_path / "template")
    monkeypatch.setattr(source, "PACKAGE", made.folder / "generator" / "sop_new")
    return made


@pytest.fixture
def adopted(versions: Versions, grid: Path, adopt: Adopt) -> Path:
    """The operator, adopted with some of the template's files, and with one of both."""
    adopt(grid, "--add", WAITING_HERE, "--add", "examples")
    take(grid, ".gitignore")
    return keep(grid)


def take(project: Path, name: str) -> None:
    """Have a file of the owner's merged from now on."""
    listed = (project / NOT_TAKEN_FILE).read_text()
    assert f"\n{name}\n" in listed
    (project / NOT_TAKEN_FILE).write_text(listed.replace(f"\n{name}\n", "\n"))


def newer(versions: Versions) -> None:
    """A version that changes what was added, what was not, and what both have; and adds a file."""
    versions.edit(WAITING, '"""Waits for the end of a step."""', '"""Waits for a step\'s end."""')
    versions.edit(
        f"{PACKAGE}/_core/lifecycle/masking.py", '"""Keeps secrets out', '"""Holds secrets out'
    )
    versions.edit("template/.gitignore", "# Python\n", "# Python, all of it\n")
    (versions.folder / PACKAGE / "_core" / "lifecycle" / "polling.py").unlink()
    for folder in ("", "_core/environment", "engine"):
        (versions.folder / PACKAGE / folder).mkdir(exist_ok=True)
        (versions.folder / PACKAGE / folder / "extra.py").write_text('"""More."""\n')
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


def test_what_was_never_taken_is_not_merged_until_it_is(adopted: Path, sop_new: SopNew) -> None:
    ran = sop_new("update", adopted, "-d", "description=Another", "--json")

    assert ran.status == 0
    assert not json.loads(ran.stdout)["conflicts"]
    assert (adopted / "README.md").read_text() == "# The grid\n"
    keep(adopted)
    take(adopted, "README.md")
    keep(adopted)

    ran = sop_new("update", adopted, "-d", "description=A third", "--json")

    assert ran.status == 3
    assert json.loads(ran.stdout)["conflicts"] == ["README.md"]
    assert "A third" in (adopted / "README.md").read_text()
    assert (adopted / CODE).read_text() == OPERATOR


def test_more_of_the_template_can_be_added_later(
    adopted: Path, versions: Versions, sop_new: SopNew, adopt: Adopt
) -> None:
    before = files(adopted)
    newer(versions)
    shown = adopt(adopted, "--diff", "--add", "CHANGELOG.md", "--add", MASKING_HERE)
    assert files(adopted) == before
    told = adopt(adopted, "--add", "CHANGELOG.md", "--add", MASKING_HERE)

    assert shown.diff == told.diff
    assert paths(told, "added") == ["CHANGELOG.md", MASKING_HERE]
    assert {WAITING_HERE, ANSWERS_FILE} <= {*paths(told, "same")}
    # At the version that the project has: what is newer comes with the next update.
    assert '"""Keeps secrets out' in (adopted / MASKING_HERE).read_text()
    keep(adopted)
    assert sop_new("update", adopted).status == 0
    assert '"""Holds secrets out' in (adopted / MASKING_HERE).read_text()
    assert not (adopted / "zenml_grid" / "_core" / "environment").exists()
    assert not sop_new("update", adopted, "--check").status


def test_a_diff_of_an_adopted_project_shows_what_is_still_there_to_take(
    adopted: Path, adopt: Adopt
) -> None:
    told = adopt(adopted, "--diff")

    assert "+++ b/CHANGELOG.md" in told.diff
    assert WAITING_HERE not in told.diff
    assert not paths(told, "added")
    assert told.next == [f"sop-new adopt {adopted} --add PATH"]
    assert ("flavor", "grid", f"in {ANSWERS_FILE}") in [
        (answer.name, answer.value, answer.origin) for answer in told.answers
    ]


def test_all_can_be_taken_in_the_end(adopted: Path, adopt: Adopt) -> None:
    adopt(adopted, "--add", ".")

    listed = (adopted / NOT_TAKEN_FILE).read_text().splitlines()
    # What the owner has written otherwise stays the owner's.
    assert {line for line in listed if line[0] != "#"} == {
        *("README.md", "pyproject.toml", "tests/test_operator.py"),
        *("zenml_grid/__init__.py", "zenml_grid/operator.py"),
    }


def test_answers_are_changed_by_an_update_and_not_by_adopting_again(
    adopted: Path, sop_new: SopNew
) -> None:
    ran = sop_new("adopt", adopted, "--diff", "-d", "license=MIT", "--json")

    assert "sop-new update -d" in failure(ran, Code.USAGE).hint


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

    # Copier knows nothing of the list: a new file comes also where nothing was taken.
    there = dict(files(other))
    assert there.pop("zenml_grid/_core/environment/extra.py")
    assert files(adopted) == there


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
