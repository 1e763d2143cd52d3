"""Where a team's template may come from, what it may hold, and what it may do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sop_new.create.result import Created
from sop_new.errors import Code
from sop_new.templates.source import address
from sop_new.templates.team import chosen_team

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import failure, git
from tests.cli.teams import TeamTemplate

UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt key": ({"lockd": {}}, "there is no lockd; did you mean locked?"),
    "no text": ({"locked": {"python_min": 3.1}}, "locked.python_min is no text"),
    "no question": ({"locked": {"licence": "MIT"}}, "did you mean license?"),
    "both": ({"defaults": {"ci": "none"}}, "ci is both a default and locked"),
    "computed": ({"locked": {"package_name": "x"}}, "package_name is no question of the base"),
    "a name": ({"name": "two\nlines"}, "name is empty, or not in one line"),
    "no name": ({"name": None}, "name is no text"),
    "a backend of the base": (
        {"backends": {"local": {"summary": "a", "needs": "b", "can": "c", "runtime": "host"}}},
        "the backend local is the base's already",
    ),
    "half a backend": ({"backends": {"q": {"summary": "a"}}}, "backends.q.needs is missing"),
    "a path as a backend": (
        {"backends": {"../q": {"summary": "a", "needs": "b", "can": "c", "runtime": "host"}}},
        "is no name of lower-case letters",
    ),
}


@pytest.mark.parametrize("fault", UNUSABLE)
def test_a_file_of_the_team_that_cannot_be_used(
    sop_new: SopNew, team: TeamTemplate, here: Path, fault: str
) -> None:
    settings, why = UNUSABLE[fault]
    team.decide(**settings)
    ran = sop_new("zenml-acme", "--team", team.folder, "--json")
    told = failure(ran, Code.TEAM_UNUSABLE)
    assert "sop-team.yml can't be used" in told.message
    assert why in told.message
    assert not (here / "zenml-acme").exists()


@pytest.mark.parametrize(
    ("source", "code", "why"),
    [
        ("nowhere", Code.TEAM_UNUSABLE, "is no team's template"),
        ("https://ada:secret@localhost/x.git", Code.TEAM_UNUSABLE, "holds a name or password"),
        ("https://secret@localhost/x.git", Code.TEAM_UNUSABLE, "holds a name or password"),
        ("git+http://secret@localhost/x", Code.TEAM_UNUSABLE, "holds a name or password"),
        ("https://localhost:1/x.git", Code.TEMPLATE_UNKNOWN, "git can't read it"),
    ],
)
def test_a_source_that_cannot_be_used(
    sop_new: SopNew, here: Path, source: str, code: Code, why: str
) -> None:
    told = failure(sop_new("zenml-acme", "--team", source, "--json"), code)
    assert why in told.message
    assert "secret" not in told.message + told.hint


@pytest.mark.parametrize("git_init", [False, True])
def test_a_folder_without_a_commit_is_no_team(
    sop_new: SopNew, team: TeamTemplate, git_init: bool
) -> None:
    shutil.rmtree(team.folder / ".git")
    if git_init:
        git(team.folder, "init", "--quiet")
    ran = sop_new("zenml-acme", "--team", team.folder, "--json")
    assert "no git repository with a commit" in failure(ran, Code.TEAM_UNUSABLE).message


def test_a_team_on_a_version_that_is_unknown_here(sop_new: SopNew, team: TeamTemplate) -> None:
    team.decide(base={"ref": "v99.0.0"})
    ran = sop_new("zenml-acme", "--team", team.folder, "--json")
    assert "no version v99.0.0" in failure(ran, Code.VERSION_UNKNOWN).message


def test_a_team_builds_on_a_certain_version_of_the_base(
    created: Callable[..., Created], team: TeamTemplate, clone: Path
) -> None:
    ref = git(clone, "rev-parse", "--short", "HEAD~1").strip()
    team.decide(base={"source": str(clone), "ref": ref})
    made = created("zenml-acme", "--team", team.folder)
    assert (made.template, made.version) == (str(clone), ref)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("_tasks: ['touch ran']", "tasks"),
        ("_jinja_extensions: [jinja2.ext.do]", "jinja extensions"),
    ],
)
def test_code_of_a_team_runs_only_if_the_user_trusts_it(
    sop_new: SopNew, team: TeamTemplate, here: Path, settings: Path, line: str, what: str
) -> None:
    team.write("copier.yml", f"{line}\n{(team.folder / 'copier.yml').read_text()}")
    team.commit()
    ran = sop_new("zenml-acme", "--team", team.folder, "--json")
    told = failure(ran, Code.TEMPLATE_UNTRUSTED)
    assert f"{team.folder} uses {what}" in told.message
    assert str(settings) in told.hint
    assert not (here / "zenml-acme").exists()

    settings.write_text(f"defaults: {{}}\ntrust: ['{team.folder}']\n")
    assert sop_new("zenml-acme", "--team", team.folder, "--defaults").status == 0
    assert (here / "zenml-acme" / "ran").exists() == (what == "tasks")


def test_the_users_file_is_read_with_care(sop_new: SopNew, tmp_path: Path) -> None:
    config = tmp_path / "config" / "sop-new" / "config.yml"
    config.parent.mkdir(parents=True)
    for text, why in {"teams: x": "unknown line: teams", "team: [": "can't be read"}.items():
        config.write_text(text)
        ran = sop_new("zenml-acme", "--json")
        assert why in failure(ran, Code.SETTINGS_UNREADABLE).message


def test_of_a_repository_the_newest_release_is_taken_and_of_a_folder_what_is_there(
    created: Callable[..., Created], team: TeamTemplate, here: Path
) -> None:
    git(team.folder, "tag", "v1.0.0")
    team.write("template/DRAFT.md", "# Draft\n")
    team.commit()
    team.write("template/UNCOMMITTED.md", "# Uncommitted\n")
    released = created("zenml-a", "--team", team.folder.as_uri())
    created("zenml-b", "--team", team.folder)
    assert released.team
    assert released.team.version == "v1.0.0"
    assert not (here / "zenml-a" / "DRAFT.md").exists()
    assert (here / "zenml-b" / "DRAFT.md").exists()
    assert (here / "zenml-b" / "UNCOMMITTED.md").exists()


@pytest.mark.parametrize(
    ("source", "given_to_git"),
    [
        ("gh:acme/team", "https://github.com/acme/team.git"),
        ("gl:/acme/team.git", "https://gitlab.com/acme/team.git"),
        ("https://github.com/acme/team", "https://github.com/acme/team.git"),
        ("https://git.example.org/acme/team", "https://git.example.org/acme/team"),
        ("git@git.example.org:acme/team.git", "git@git.example.org:acme/team.git"),
    ],
)
def test_an_address_is_what_copier_gives_to_git(source: str, given_to_git: str) -> None:
    from copier._vcs import get_repo

    choice = chosen_team(source)
    assert choice
    assert address(choice.source) == given_to_git == get_repo(choice.source)
