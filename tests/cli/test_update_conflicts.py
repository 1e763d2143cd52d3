"""Conflicts of an update are git's own: it lists what is open, and commits nothing before."""

from __future__ import annotations

from pathlib import Path

import pytest
from sop_new.errors import Code
from sop_new.update.result import Checked, Updated

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import contents, failure, git, run
from tests.cli.versions import Make, Versions, keep, newer

WAITING = "zenml_acme/_core/lifecycle/waiting.py"


def contest(project: Path) -> Path:
    """Change a line that the newest version changes, too."""
    file = project / WAITING
    text = file.read_text().replace("Waits for the end of a step", "Awaits the end of a step")
    file.write_text(text)
    return keep(project)


@pytest.fixture(params=["a repository", "a folder in one"])
def contested(versions: Versions, make: Make, here: Path, request: pytest.FixtureRequest) -> Path:
    """A project with an edit that the newest version contradicts."""
    project = make()
    if request.param == "a folder in one":
        git(here, "init", "--quiet")
        (project / ".git").rename(here / "no-repository")
        (here / ".gitignore").write_text("/no-repository/\n")
        (here / "beside.txt").write_text("not the project's\n")
        keep(here)
    contest(project)
    newer(versions)
    return project


def status(project: Path) -> list[str]:
    return git(project, "status", "--porcelain", "--no-renames").splitlines()


def test_git_knows_what_is_open(contested: Path, sop_new: SopNew) -> None:
    ran = sop_new("update", contested, "--json")
    told = Updated.model_validate_json(ran.stdout)

    assert ran.status == 3
    assert told.conflicts == [WAITING]
    open_files = [line for line in status(contested) if line.startswith("UU ")]
    assert [line.endswith(WAITING) for line in open_files] == [True]
    assert f"both modified:   {WAITING}" in git(contested, "status")
    # The rest is staged, as after a merge.
    others = {line[:2] for line in status(contested)} - {"UU"}
    assert others == {"A ", "D ", "M "}
    assert '"""Awaits the end' in git(contested, "show", f":2:./{WAITING}")
    assert '"""Waits for the end of' in git(contested, "show", f":1:./{WAITING}")
    assert '"""Waits for a step\'s end' in git(contested, "show", f":3:./{WAITING}")


def test_what_is_advised_takes_no_markers(contested: Path, sop_new: SopNew) -> None:
    told = Updated.model_validate_json(sop_new("update", contested, "--json").stdout)
    before = git(contested, "rev-parse", "HEAD")
    who = {"GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_EDITOR": "true"}
    who |= {"GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.org"}

    first, *_, last = told.next
    assert "Unmerged paths" in run("sh", "-c", first, folder=contested).stdout
    assert run("sh", "-c", last, folder=contested, **who).status != 0
    assert git(contested, "rev-parse", "HEAD") == before

    # Any tool for merges has all three states.
    tool = "mergetool.mine.cmd=cat $BASE $LOCAL >/dev/null && cp $REMOTE $MERGED"
    trusted = ("-c", "mergetool.mine.trustExitCode=true", "-c", "mergetool.keepBackup=false")
    git(contested, "-c", tool, *trusted, "mergetool", "--tool=mine", "--no-prompt")
    who["GIT_EDITOR"] = "echo Updated >"
    assert run("sh", "-c", last, folder=contested, **who).status == 0
    assert not status(contested)
    assert sop_new("update", contested).stdout.startswith("Nothing to do")


def test_what_is_open_is_told_until_it_is_not(contested: Path, sop_new: SopNew) -> None:
    sop_new("update", contested)

    checked = sop_new("update", contested, "--check", "--json")
    refused = failure(sop_new("update", contested, "--json"), Code.TREE_DIRTY)

    assert checked.status == 3
    assert Checked.model_validate_json(checked.stdout).unmerged == [WAITING]
    assert WAITING in sop_new("update", contested, "--check").stdout
    assert f"not resolved yet: {WAITING}" in refused.message
    git(contested, "checkout", "--ours", WAITING)
    keep(contested)
    assert sop_new("update", contested, "--check").status == 0


def test_it_can_be_taken_back(contested: Path, sop_new: SopNew) -> None:
    def files() -> dict[str, bytes]:
        return {name: text for name, text in contents(contested).items() if ".git/" not in name}

    before = files()
    sop_new("update", contested)
    git(contested, "reset", "--quiet", "--hard")

    assert files() == before


def test_an_index_that_cannot_be_written_leaves_the_project_as_it_was(
    versions: Versions, make: Make, sop_new: SopNew
) -> None:
    project = contest(make())
    newer(versions)
    (project / ".git" / "index.lock").touch()
    before = contents(project)

    told = failure(sop_new("update", project, "--json"), Code.NO_REPOSITORY)

    assert "index.lock" in told.message
    assert contents(project) == before
