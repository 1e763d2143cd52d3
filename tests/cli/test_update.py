"""`sop-new update`: what the template has changed is merged into what the owner has."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sop_new.update.result import Checked, Updated

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import contents, git
from tests.cli.versions import WAITING, Make, Versions, files, keep, newer
from tests.template.rendering import ANSWERS_FILE, read_questions


@pytest.mark.parametrize("backend", read_questions()["backend"]["choices"])
def test_a_project_that_nobody_edited_becomes_a_fresh_one(
    versions: Versions, make: Make, sop_new: SopNew, tmp_path: Path, backend: str
) -> None:
    project = make(backend=backend)
    newer(versions)
    versions.edit(WAITING, "class StepFailedError(", "class StepHasFailedError(")
    versions.commit()

    ran = sop_new("update", project)

    assert ran.status == 0, ran.stderr
    fresh = versions.render(tmp_path / "fresh" / project.name, {"backend": backend})
    assert (project / ANSWERS_FILE).read_text() == (fresh / ANSWERS_FILE).read_text()
    assert files(project) == files(fresh)


def test_what_the_owner_has_changed_renamed_and_deleted_stays_so(
    versions: Versions, make: Make, sop_new: SopNew
) -> None:
    project = make()
    core = project / "zenml_acme" / "_core" / "lifecycle"
    edited = core / "waiting.py"
    edited.write_text(edited.read_text().replace("return status\n", "return status  # mine\n"))
    (core / "masking.py").rename(core / "hiding.py")
    (project / "CHANGELOG.md").unlink()
    (project / "own.txt").write_text("mine\n")
    keep(project)
    newer(versions)
    masking = "template/{{ package_name }}/_core/lifecycle/masking.py"
    versions.edit(masking, '"""Keeps secrets out', '"""Holds secrets out')
    versions.edit("template/CHANGELOG.md.jinja", "# Changelog", "# All changes")
    versions.commit()

    told = Updated.model_validate_json(sop_new("update", project, "--json").stdout)

    assert not told.conflicts
    assert '"""Waits for a step\'s end."""' in edited.read_text()
    assert "return status  # mine" in edited.read_text()
    assert '"""Holds secrets out' in (core / "hiding.py").read_text()
    assert not (core / "masking.py").exists()
    assert not (project / "CHANGELOG.md").exists()
    assert (project / "own.txt").read_text() == "mine\n"
    changed = {file.path: file.change for file in told.files}
    assert changed == {
        ANSWERS_FILE: "changed",
        "zenml_acme/_core/lifecycle/asking.py": "added",
        "zenml_acme/extra.py": "added",
        "zenml_acme/_core/lifecycle/hiding.py": "changed",
        "zenml_acme/_core/lifecycle/polling.py": "deleted",
        "zenml_acme/py.typed": "deleted",
        "zenml_acme/_core/lifecycle/waiting.py": "changed",
    }


@pytest.fixture
def contested(versions: Versions, make: Make) -> Path:
    """A project whose owner changed a line that the newest version changes, too."""
    project = make()
    file = project / "zenml_acme" / "_core" / "lifecycle" / "waiting.py"
    file.write_text(file.read_text().replace('"""Waits for the end', '"""Awaits the end'))
    keep(project)
    newer(versions)
    return project


def test_it_does_what_copiers_own_command_does(
    versions: Versions, make: Make, sop_new: SopNew, tmp_path: Path
) -> None:
    project = make()
    edited = project / "zenml_acme" / "_core" / "lifecycle" / "waiting.py"
    edited.write_text(edited.read_text().replace("return status\n", "return status  # mine\n"))
    keep(project)
    other = tmp_path / "other" / project.name
    shutil.copytree(project, other)
    newer(versions)

    assert sop_new("update", project).status == 0
    copier = Path(sys.executable).with_name("copier")
    options = ("--defaults", "--quiet", "--vcs-ref", "HEAD")
    command = [str(copier), "update", *options, str(other)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    assert files(project) == files(other)


def test_a_conflict_is_told_and_marked(contested: Path, sop_new: SopNew) -> None:
    ran = sop_new("update", contested)

    assert ran.status == 3
    assert "conflict  zenml_acme/_core/lifecycle/waiting.py" in ran.stdout
    lines = (
        (contested / "zenml_acme" / "_core" / "lifecycle" / "waiting.py").read_text().splitlines()
    )
    assert lines[:5] == [
        "<<<<<<< yours",
        '"""Awaits the end of a step."""',
        "=======",
        '"""Waits for a step\'s end."""',
        ">>>>>>> the template's",
    ]


def test_a_diff_is_what_an_update_does_and_touches_nothing(
    contested: Path, sop_new: SopNew, tmp_path: Path
) -> None:
    (contested / "dirty.txt").write_text("not committed\n")
    before = contents(contested)
    told = Updated.model_validate_json(sop_new("update", contested, "--diff", "--json").stdout)
    assert contents(contested) == before
    assert told.dry_run

    keep(contested)
    assert sop_new("update", contested).status == 3
    git(contested, "add", "--all")
    done = git(contested, "diff", "--cached", "--find-renames", "--no-color", "HEAD")
    assert told.diff == done


def test_a_diff_ends_with_the_command_that_does_it(contested: Path, sop_new: SopNew) -> None:
    options = ("-d", "license=MIT")
    told = json.loads(sop_new("update", contested, *options, "--diff", "--json").stdout)

    assert told["next"] == [f"sop-new update {contested} -d license=MIT"]


def test_a_diff_is_read_in_a_terminal(contested: Path, sop_new: SopNew) -> None:
    shown = sop_new("update", contested, "--diff").stdout

    assert "+>>>>>>> the template's" in shown
    assert "Awaits the end" in shown


def test_a_check_tells_what_is_newer_by_its_exit_status(
    versions: Versions, make: Make, sop_new: SopNew
) -> None:
    project = make()
    before = sop_new("update", project, "--check")
    newer(versions)
    after = sop_new("update", project, "--check", "--json")

    assert before.status == 0
    assert after.status == 4
    told = Checked.model_validate_json(after.stdout)
    assert told.outdated
    assert told.newest == git(versions.folder, "describe", "--always", "HEAD").strip()
    assert told.version in before.stdout


def test_a_release_is_known_when_its_tag_is_gone(
    versions: Versions, make: Make, sop_new: SopNew
) -> None:
    (versions.folder / "CHANGELOG.md").write_text("# Changelog\n\n## 1.0.0\n")
    versions.commit()
    git(versions.folder, "tag", "v1.0.0")
    project = make()
    git(versions.folder, "tag", "--delete", "v1.0.0")
    newer(versions)

    told = Checked.model_validate_json(sop_new("update", project, "--check", "--json").stdout)

    assert told.version == "v1.0.0"
    assert told.newest.startswith("v1.0.0-1-g")
    assert told.outdated


def test_an_answer_changes_and_the_version_stays(
    versions: Versions, make: Make, sop_new: SopNew, tmp_path: Path
) -> None:
    project = make()
    version = git(versions.folder, "describe", "--always", "HEAD").strip()
    newer(versions)

    ran = sop_new("update", project, "-d", "license=MIT", "-d", "backend=slurm", "--json")

    assert Updated.model_validate_json(ran.stdout).newest == version
    git(versions.folder, "checkout", "--quiet", version)
    answers = {"license": "MIT", "backend": "slurm"}
    assert files(project) == files(versions.render(tmp_path / "fresh" / "zenml-acme", answers))


def test_an_update_goes_as_far_as_it_is_told(
    versions: Versions, make: Make, sop_new: SopNew
) -> None:
    project = make()
    newer(versions)
    wanted = git(versions.folder, "describe", "--always", "HEAD").strip()
    versions.edit(WAITING, "class StepFailedError(", "class StepHasFailedError(")
    versions.commit()

    ran = sop_new("update", project, "--ref", wanted, "--json")

    assert Updated.model_validate_json(ran.stdout).newest == wanted
    assert (
        "StepFailedError"
        in (project / "zenml_acme" / "_core" / "lifecycle" / "waiting.py").read_text()
    )
    assert (project / "zenml_acme" / "extra.py").exists()


def test_a_project_of_the_newest_version_is_left_alone(make: Make, sop_new: SopNew) -> None:
    project = make()
    ran = sop_new("update", project)

    assert ran.status == 0
    assert ran.stdout.startswith("Nothing to do")
    assert not git(project, "status", "--porcelain")


def test_json_holds_the_whole_change(contested: Path, sop_new: SopNew) -> None:
    told = json.loads(sop_new("update", contested, "--diff", "--json").stdout)

    assert told["conflicts"] == ["zenml_acme/_core/lifecycle/waiting.py"]
    assert told["diff"].startswith("diff --git ")
