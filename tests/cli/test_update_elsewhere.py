"""A project of a fork of the template: its newest release counts, and its own questions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sop_new.errors import Code
from sop_new.update.result import Checked

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import failure, git
from tests.cli.versions import WAITING, Versions, files, keep
from tests.template.rendering import ANSWERS_FILE


@pytest.fixture
def fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Versions:
    """A fork with a question of its own, a release, and what is not released yet."""
    monkeypatch.setenv("COPIER_CACHE_DIR", str(tmp_path / "cache"))
    fork = Versions(tmp_path / "fork.git")
    questions = fork.folder / "copier.yml"
    questions.write_text(questions.read_text() + "\nteam: platform\n")
    (fork.folder / "template" / "TEAM.jinja").write_text("{{ team }}\n")
    commit(fork, "v1.0.0")
    (fork.folder / "draft.txt").write_text("a draft\n")
    commit(fork)
    return fork


def commit(fork: Versions, tag: str = "") -> None:
    fork.commit()
    if tag:
        git(fork.folder, "tag", tag)


def copier(*arguments: str | Path) -> None:
    program = Path(sys.executable).with_name("copier")
    command = [str(part) for part in (program, *arguments)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)


@pytest.fixture
def project(fork: Versions, here: Path) -> Path:
    """A project that plain Copier made of the fork's release."""
    copier("copy", "--defaults", fork.folder.as_uri(), here / "zenml-acme")
    return keep(here / "zenml-acme")


def test_what_is_not_released_is_not_newer(project: Path, sop_new: SopNew) -> None:
    ran = sop_new("update", project, "--check", "--json")

    assert ran.status == 0, ran.stdout
    told = Checked.model_validate_json(ran.stdout)
    assert told.version == told.newest == "v1.0.0"


def test_the_newest_release_is_what_copier_takes(
    fork: Versions, project: Path, sop_new: SopNew, tmp_path: Path
) -> None:
    other = tmp_path / "other" / project.name
    shutil.copytree(project, other)
    fork.edit(WAITING, "Waits for the end", "Waits until the end")
    commit(fork, "v1.10.0")
    git(fork.folder, "tag", "v1.9.0")
    fork.edit(WAITING, "Waits until the end", "Waits and waits")
    commit(fork, "v2.0.0rc1")

    checked = sop_new("update", project, "--check", "--json")
    updated = sop_new("update", project)
    copier("update", "--defaults", other)

    assert checked.status == 4
    assert Checked.model_validate_json(checked.stdout).newest == "v1.10.0"
    assert updated.status == 0, updated.stderr
    assert "_commit: v1.10.0\n" in (project / ANSWERS_FILE).read_text()
    assert files(project) == files(other)


def test_without_a_release_the_last_commit_counts(
    fork: Versions, project: Path, sop_new: SopNew
) -> None:
    git(fork.folder, "tag", "v3.0.0rc1", "v1.0.0")
    edit = project / ANSWERS_FILE
    edit.write_text(
        edit.read_text().replace("v1.0.0", git(fork.folder, "rev-parse", "v1.0.0").strip())
    )
    keep(project)
    git(fork.folder, "tag", "--delete", "v1.0.0")

    told = Checked.model_validate_json(sop_new("update", project, "--check", "--json").stdout)

    assert told.outdated
    assert told.newest.startswith("v3.0.0rc1-1-g")


def test_answers_are_checked_against_the_forks_own_questions(
    project: Path, sop_new: SopNew
) -> None:
    mistyped = failure(
        sop_new("update", project, "-d", "tem=search", "--json"), Code.ANSWER_UNKNOWN
    )
    ran = sop_new("update", project, "-d", "team=search")

    assert "team" in mistyped.hint
    assert ran.status == 0, ran.stderr
    assert (project / "TEAM").read_text() == "search\n"


def test_a_project_of_what_is_not_released_yet_waits_for_the_next_release(
    fork: Versions, project: Path, sop_new: SopNew
) -> None:
    updated = sop_new("update", project, "--ref", "HEAD", "--json")
    assert updated.status == 0, updated.stdout
    keep(project)
    assert sop_new("update", project, "--check").status == 0
    assert "Nothing to do" in sop_new("update", project).stdout
    fork.edit(WAITING, "Waits for the end", "Waits until the end")
    commit(fork, "v1.1.0")
    assert sop_new("update", project, "--check").status == 4
