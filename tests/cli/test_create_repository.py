"""A new project and the git repository around it: what does not work there is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from sop_new.create.repository import notes_on_ci
from sop_new.create.result import Created

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import git, succeed

Create = Callable[..., Created]
INIT = "git init && git add --all && git commit -m 'As it was made'"
WHO = {
    **{"GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.org"},
    **{"GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@example.org"},
}


def test_a_project_outside_of_git_gets_a_repository_and_is_updated(
    created: Create, sop_new: SopNew, here: Path
) -> None:
    enter, init, *_ = created("zenml-acme").next

    assert init == INIT
    succeed("sh", "-c", f"{enter} && {init}", folder=here, **WHO)
    assert sop_new("update", here / "zenml-acme").stdout.startswith("Nothing to do")


@pytest.mark.parametrize(
    ("ci", "files"),
    [("github", "the workflows"), ("gitlab", "the .gitlab-ci.yml"), ("none", None)],
)
def test_ci_below_the_top_of_a_repository_is_told_to_be_dead(
    created: Create, sop_new: SopNew, here: Path, ci: str, files: str | None
) -> None:
    git(here, "init", "--quiet")

    told = created("packages/zenml-acme", "-d", f"ci={ci}")

    assert INIT not in told.next
    assert [
        str(here.resolve()) in note and "packages/zenml-acme" in note for note in told.notes
    ] == ([True] if files else [])
    assert all(f"runs {files} at the top of a repository alone" in note for note in told.notes)
    shown = sop_new("packages/zenml-acme", "-d", f"ci={ci}", "--force", "--defaults").stdout
    assert all(note in shown for note in told.notes)


def test_ci_at_the_top_of_a_repository_is_alive(created: Create, here: Path) -> None:
    (here / "zenml-acme").mkdir()
    git(here / "zenml-acme", "init", "--quiet")

    told = created("zenml-acme", "--force")

    assert (told.notes, INIT in told.next) == ([], False)


def test_what_a_repository_ignores_is_outside_of_it(created: Create, here: Path) -> None:
    git(here, "init", "--quiet")
    (here / ".gitignore").write_text("/scratch/\n")

    told = created("scratch/zenml-acme")

    assert (told.notes, INIT in told.next) == ([], True)


def test_what_is_to_be_moved_works_where_it_goes(created: Create, here: Path) -> None:
    git(here, "init", "--quiet")
    created("zenml-acme")
    [note] = notes_on_ci(here / "zenml-acme", [".github/workflows/ci.yml"])
    _, added, _ = note.split("`")

    shutil.move(here / "zenml-acme" / ".github", here / ".github")
    workflow = here / ".github" / "workflows" / "update.yml"
    workflow.write_text(f"{workflow.read_text()}\n{added}\n")

    assert yaml.safe_load(workflow.read_text())["defaults"] == {
        "run": {"working-directory": "zenml-acme"}
    }
