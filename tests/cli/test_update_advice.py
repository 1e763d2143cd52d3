"""What `sop-new update` advises is done as a user would do it, and helps."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from sop_new.errors import Code
from sop_new.templates.installed import upgrade
from sop_new.templates.source import canonical_url

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import REPOSITORY, failure, git, succeed
from tests.cli.versions import Make, Versions, keep, newer
from tests.template.rendering import ANSWERS_FILE

WHO = {
    **{"GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.org"},
    **{"GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@example.org"},
}


@pytest.fixture
def project(make: Make, versions: Versions) -> Path:
    """A project that its owner works in, with a newer template."""
    project = make()
    (project / "own.txt").write_text("mine\n")
    keep(project)
    newer(versions)
    return project


def edit(project: Path, old: str, new: str) -> None:
    file = project / ANSWERS_FILE
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def edit_twice(project: Path) -> None:
    edit(project, "ci: github", "ci: gitlab")
    keep(project)
    edit(project, "license: Apache-2.0", "license: MIT")


HARM: dict[str, tuple[Callable[[Path], object], Code]] = {
    "edited": (lambda project: edit(project, "ci: github", "ci: none"), Code.ANSWERS_EDITED),
    "edited twice": (edit_twice, Code.ANSWERS_EDITED),
    "deleted": (lambda project: (project / ANSWERS_FILE).unlink(), Code.NOT_A_PROJECT),
    "no YAML": (
        lambda project: (project / ANSWERS_FILE).write_text("<<<<<<< yours\n"),
        Code.ANSWERS_UNREADABLE,
    ),
    "no version": (
        lambda project: edit(project, "_commit: ", "commit: "),
        Code.ANSWERS_EDITED,
    ),
    "an empty version": (
        lambda project: edit(project, "_commit: ", "_commit:  # "),
        Code.ANSWERS_UNREADABLE,
    ),
}


# What the version is asked for comes after what is not committed.
@pytest.mark.parametrize(
    ("harm", "committed"),
    [(harm, True) for harm in HARM] + [(harm, False) for harm in HARM if "empty" not in harm],
)
def test_answers_are_taken_back(
    project: Path,
    sop_new: SopNew,
    monkeypatch: pytest.MonkeyPatch,
    harm: str,
    committed: bool,
) -> None:
    do, code = HARM[harm]
    do(project)
    if committed:
        # From the project's own folder, too.
        monkeypatch.chdir(project)
        keep(project)
        # Something else has happened since.
        (project / "own.txt").write_text("mine, and more\n")
        keep(project)

    refused = failure(sop_new("update", project, "--json"), code)
    found = re.fullmatch(r"Take it back as it was: ([^;]*)(;.*)?", refused.hint)
    assert found, refused.hint
    succeed("sh", "-c", found[1], folder=Path.cwd(), **WHO)

    assert sop_new("update", project).status == 0
    assert (project / "zenml_acme" / "extra.py").exists()


def test_answers_that_came_edited_with_an_update_are_not_taken_back_too_far(
    project: Path, sop_new: SopNew
) -> None:
    assert sop_new("update", project).status == 0
    edit(project, "ci: github", "ci: none")
    keep(project)

    refused = failure(sop_new("update", project, "--json"), Code.ANSWERS_EDITED)

    # What git has is of the version before: the code is not.
    assert "Take it back" not in refused.hint
    assert "delete the line that begins with `# Checksum`" in refused.hint
    text = (project / ANSWERS_FILE).read_text()
    (project / ANSWERS_FILE).write_text(re.sub(r"# Checksum.*\n", "", text))
    keep(project)
    assert sop_new("update", project, "--check").status == 0


@pytest.mark.parametrize("source", ["../../template", "../template", "template"])
def test_a_template_named_by_a_relative_path_is_found(
    project: Path, versions: Versions, sop_new: SopNew, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    # From where Copier ran: the project's folder, the one above it, or where we are.
    monkeypatch.chdir(versions.folder.parent)
    edit(project, f"_src_path: {versions.folder}", f"_src_path: {source}")
    keep(project)

    name_it_rightly(project, sop_new)

    assert f"_src_path: {versions.folder}\n" in (project / ANSWERS_FILE).read_text()
    assert sop_new("update", project).status == 0


def test_of_a_template_that_was_moved_our_own_is_named_if_it_has_the_version(
    project: Path, versions: Versions, sop_new: SopNew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sop_new.templates.source.PACKAGE", versions.folder / "generator" / "sop_new"
    )
    edit(project, f"_src_path: {versions.folder}", "_src_path: /moved/away")
    keep(project)

    name_it_rightly(project, sop_new)

    assert f"_src_path: {canonical_url()}\n" in (project / ANSWERS_FILE).read_text()
    assert sop_new("update", project).status == 0


def name_it_rightly(project: Path, sop_new: SopNew) -> None:
    refused = failure(sop_new("update", project, "--json"), Code.TEMPLATE_UNKNOWN)
    found = re.fullmatch(r"In (\S+), write `(.*)` in its place, and commit that.", refused.hint)
    assert found, refused.hint
    file = project / found[1]
    file.write_text(re.sub(r"_src_path: .*", found[2], file.read_text()))
    keep(project)


def test_of_a_template_that_is_nowhere_the_place_is_for_its_owner_to_name(
    project: Path, versions: Versions, sop_new: SopNew, tmp_path: Path
) -> None:
    shutil.move(versions.folder, tmp_path / "moved")

    refused = failure(sop_new("update", project, "--json"), Code.TEMPLATE_UNKNOWN)

    assert "write as _src_path where it is now" in refused.hint
    edit(project, str(versions.folder), str(tmp_path / "moved"))
    keep(project)
    assert sop_new("update", project).status == 0


def test_what_is_not_committed_is_put_aside(project: Path, sop_new: SopNew) -> None:
    (project / "README.md").write_text("mine\n")
    (project / "new.txt").write_text("mine\n")

    refused = failure(sop_new("update", project, "--json"), Code.TREE_DIRTY)
    succeed("sh", "-c", refused.hint.partition(": ")[2], folder=project, **WHO)

    assert sop_new("update", project).status == 0


def test_a_project_without_git_is_told_what_to_run(project: Path, sop_new: SopNew) -> None:
    shutil.rmtree(project / ".git")

    refused = failure(sop_new("update", project, "--json"), Code.NO_REPOSITORY)
    succeed("sh", "-c", refused.hint.partition(": ")[2], folder=project, **WHO)

    assert sop_new("update", project).status == 0


@pytest.mark.parametrize(
    ("direct_url", "command"),
    [
        (None, f"pip install --upgrade git+{canonical_url()}"),
        (
            {"url": "https://git.example.org/fork.git", "vcs_info": {"vcs": "git"}},
            "pip install --upgrade git+https://git.example.org/fork.git",
        ),
        (
            {"url": "file:///wheels/sop_new-0.1.0-py3-none-any.whl", "archive_info": {}},
            f"pip install --upgrade git+{canonical_url()}",
        ),
        (
            {"url": "file:///home/me/my%20clone", "dir_info": {}},
            "git -C '/home/me/my clone' pull && pip install '/home/me/my clone'",
        ),
        (
            {"url": "file:///home/me/clone", "dir_info": {"editable": True}},
            "git -C /home/me/clone pull",
        ),
    ],
)
def test_a_newer_sop_new_comes_from_where_this_one_came_from(
    monkeypatch: pytest.MonkeyPatch, direct_url: object, command: str
) -> None:
    noted = None if direct_url is None else json.dumps(direct_url)
    monkeypatch.setattr(
        "sop_new.templates.installed.distribution",
        lambda name: SimpleNamespace(read_text=lambda file: noted),
    )
    told = []
    for has_pip in (None, True):
        monkeypatch.setattr("sop_new.templates.installed.find_spec", lambda name, it=has_pip: it)
        told.append(upgrade())
    uv, pip = told

    assert uv.replace(f"uv pip install --python {sys.executable}", "pip install") == command
    assert pip.replace(f"{sys.executable} -m pip install", "pip install") == command


def test_no_advice_is_a_bare_name_that_an_index_may_have() -> None:
    listed = git(REPOSITORY, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in listed.split("\0"):
        file = REPOSITORY / name
        if not file.is_file() or name.startswith("tests/"):
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        advice = re.findall(
            r"(?:pip|pipx|uv tool|uvx)\s+(?:install|upgrade|run)?[^\n`]*", text, flags=re.ASCII
        )
        for line in advice:
            words = re.sub(r"(--from )?git\+\S+( sop-new)?|--upgrade-package \S+", "", line).split()
            assert "sop-new" not in words[2:], f"{name}: {line}"
