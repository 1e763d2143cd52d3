"""`sop-new diff` tells what an owner has changed of what was generated, the core's files first."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sop_new.diff.result import Differences
from sop_new.errors import Code

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import contents, failure
from tests.cli.teams import TeamTemplate
from tests.cli.versions import Make, Versions, keep, newer

CORE = Path("zenml_acme", "_core", "lifecycle")


@pytest.fixture
def edited(make: Make) -> Path:
    """A project whose owner has changed, renamed, deleted and added files."""
    project = make()
    for name, old, new in (
        ("zenml_acme/operator.py", "Runs each step", "Starts each step"),
        ("zenml_acme/_core/lifecycle/waiting.py", "return status\n", "return status  # mine\n"),
    ):
        text = (project / name).read_text()
        assert old in text
        (project / name).write_text(text.replace(old, new))
    (project / CORE / "masking.py").rename(project / CORE / "hiding.py")
    (project / "CHANGELOG.md").unlink()
    (project / "own.txt").write_text("mine\n")
    return project


def test_a_project_that_nobody_edited_differs_in_nothing(
    make: Make, versions: Versions, sop_new: SopNew
) -> None:
    project = make()
    newer(versions)

    ran = sop_new("diff", project)

    assert ran.status == 0, ran.stderr
    assert ran.stdout.startswith("Nothing: what was generated is as version ")


def test_what_was_changed_is_listed_and_shown_the_cores_files_first(
    edited: Path, sop_new: SopNew
) -> None:
    before = contents(edited)

    ran = sop_new("diff", edited, "--json")

    assert ran.status == 0, ran.stderr
    told = Differences.model_validate_json(ran.stdout)
    assert [(file.path, file.change, file.part, file.was) for file in told.files] == [
        (str(CORE / "hiding.py"), "renamed", "core", str(CORE / "masking.py")),
        (str(CORE / "waiting.py"), "changed", "core", None),
        ("CHANGELOG.md", "deleted", "yours", None),
        ("zenml_acme/operator.py", "changed", "yours", None),
    ]
    assert "return status  # mine\n" in told.diff
    assert told.diff.index("waiting.py") < told.diff.index("operator.py")
    assert "own.txt" not in told.diff
    assert contents(edited) == before


def test_a_person_reads_the_diff_the_count_and_what_to_do_about_the_core(
    edited: Path, sop_new: SopNew
) -> None:
    printed = sop_new("diff", edited).stdout

    assert '-    """Runs each step as a job of the engine."""\n' in printed
    assert "2 files in _core, 2 of yours differ from version " in printed
    assert "override a method in operator.py instead" in " ".join(printed.split())


def test_what_is_only_the_owners_says_nothing_of_the_core(make: Make, sop_new: SopNew) -> None:
    project = make()
    (project / "README.md").write_text("# Mine\n")

    printed = sop_new("diff", project).stdout

    assert "0 files in _core, 1 of yours" in printed
    assert "merge those in _core" not in printed


def test_a_teams_files_are_as_the_team_has_them(
    team: TeamTemplate, sop_new: SopNew, here: Path
) -> None:
    team.write("template/CODEOWNERS", "* @acme\n")
    team.commit()
    assert sop_new("zenml-acme", "--team", team.folder, "--defaults").status == 0
    project = keep(here / "zenml-acme")
    (project / "CODEOWNERS").write_text("* @me\n")

    told = Differences.model_validate_json(sop_new("diff", project, "--json").stdout)

    assert [(file.path, file.part) for file in told.files] == [("CODEOWNERS", "yours")]
    assert told.team_version


def test_a_project_without_git_is_compared_as_well(edited: Path, sop_new: SopNew) -> None:
    shutil.rmtree(edited / ".git")

    told = Differences.model_validate_json(sop_new("diff", edited, "--json").stdout)

    assert [(file.path, file.change) for file in told.files] == [
        (str(CORE / "masking.py"), "deleted"),
        (str(CORE / "waiting.py"), "changed"),
        ("CHANGELOG.md", "deleted"),
        ("zenml_acme/operator.py", "changed"),
    ]


def test_a_folder_that_is_no_project_is_refused(here: Path, sop_new: SopNew) -> None:
    failure(sop_new("diff", here, "--json"), Code.NOT_A_PROJECT)
