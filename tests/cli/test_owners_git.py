"""What an owner has set up for git of their own has no say in what sop-new does with it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli import by_hand
from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import contents, git
from tests.cli.versions import Make, Versions, files, keep, newer

HOOKS = (
    *("applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-checkout", "post-commit"),
    *("post-index-change", "post-merge", "pre-commit", "pre-merge-commit", "prepare-commit-msg"),
    *("reference-transaction",),
)


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Turns on an owner's settings that would fail or falsify whatever git does."""
    hooks = tmp_path / "hooks"
    templates = tmp_path / "templates"
    for folder in (hooks, templates / "hooks"):
        folder.mkdir(parents=True)
        for name in HOOKS:
            (folder / name).write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/ran\nexit 1\n")
            (folder / name).chmod(0o755)
    (tmp_path / "attributes").write_text("* text eol=crlf ident\n")
    settings = tmp_path / "gitconfig"
    settings.write_text(
        f"""\
[commit]
    gpgSign = true
[tag]
    gpgSign = true
[gpg]
    program = false
[core]
    autocrlf = true
    attributesFile = {tmp_path}/attributes
    hooksPath = {hooks}
    fsmonitor = {hooks}/fsmonitor-watchman
    quotePath = true
[init]
    templateDir = {templates}
    defaultBranch = somewhere
[merge]
    conflictStyle = diff3
[diff]
    noprefix = true
    external = false
[status]
    showUntrackedFiles = no
[color]
    ui = always
[user]
    useConfigOnly = true
"""
    )

    def turn_on() -> None:
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        # As in a hook, or in `git rebase --exec`.
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nowhere" / "index"))

    return turn_on


def test_a_project_is_made_as_by_anybody(
    sop_new: SopNew, hostile: Callable[[], None], here: Path, tmp_path: Path
) -> None:
    assert sop_new("plain/zenml-acme", "--defaults").status == 0
    hostile()

    ran = sop_new("hostile/zenml-acme", "--defaults")

    assert ran.status == 0, ran.stderr
    assert contents(here / "hostile") == contents(here / "plain")
    assert not (tmp_path / "ran").exists()


def test_a_project_is_updated_as_by_anybody(
    versions: Versions,
    make: Make,
    sop_new: SopNew,
    hostile: Callable[[], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = make()
    newer(versions)
    fresh = versions.render(tmp_path / "fresh" / "zenml-acme", {})
    hostile()

    assert sop_new("update", project, "--check").status == 4
    shown = sop_new("update", project, "--diff", "--json")
    ran = sop_new("update", project)

    assert ran.status == 0, ran.stderr
    assert json.loads(shown.stdout)["diff"].startswith("diff --git a/.copier-answers.yml b/")
    assert files(project) == files(fresh)
    assert not (tmp_path / "ran").exists()


def test_conflicts_are_told_to_git_all_the_same(
    versions: Versions,
    make: Make,
    sop_new: SopNew,
    hostile: Callable[[], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = make()
    file = project / "zenml_acme" / "_core" / "lifecycle" / "waiting.py"
    file.write_text(file.read_text().replace("Waits for the end", "Awaits the end"))
    keep(project)
    newer(versions)
    hostile()

    ran = sop_new("update", project)

    assert ran.status == 3, ran.stderr
    assert not (tmp_path / "ran").exists()
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name)
    assert git(project, "diff", "--name-only", "--diff-filter=U").split() == [
        "zenml_acme/_core/lifecycle/waiting.py"
    ]


def test_what_is_not_tracked_counts_as_not_committed(
    make: Make, sop_new: SopNew, hostile: Callable[[], None]
) -> None:
    project = make()
    (project / "own.txt").write_text("mine\n")
    hostile()

    assert "not committed: own.txt" in sop_new("update", project).stderr


def test_an_operator_is_adopted_as_by_anybody(
    grid: Path, adopt: by_hand.Adopt, hostile: Callable[[], None], tmp_path: Path
) -> None:
    hostile()

    assert adopt(grid, "--add", ".").files
    assert not (tmp_path / "ran").exists()
    assert os.environ["GIT_DIR"]
