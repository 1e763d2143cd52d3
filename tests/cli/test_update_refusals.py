"""What `sop-new update` refuses: it is noticed before anything is written, or taken back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sop_new.errors import Code

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import contents, failure, git
from tests.cli.versions import Make, Versions, keep, newer
from tests.template.rendering import ANSWERS_FILE


def edited(project: Path, old: str, new: str) -> None:
    file = project / ANSWERS_FILE
    file.write_text(file.read_text().replace(old, new))


def without_checksum(project: Path, old: str, new: str) -> None:
    """An edit of an older project's answers, which have no checksum."""
    lines = (project / ANSWERS_FILE).read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("# Checksum"))
    (project / ANSWERS_FILE).write_text(text.replace(old, new))


HARM: dict[str, tuple[Callable[[Path], object], Code, str]] = {
    "edited answers": (
        lambda project: edited(project, "ci: github", "ci: gitlab"),
        Code.ANSWERS_EDITED,
        "was edited by hand",
    ),
    "no answers": (
        lambda project: (project / ANSWERS_FILE).unlink(),
        Code.NOT_A_PROJECT,
        f"it has no {ANSWERS_FILE}",
    ),
    "answers that are none": (
        lambda project: (project / ANSWERS_FILE).write_text("- a list\n"),
        Code.ANSWERS_UNREADABLE,
        "it holds no answers",
    ),
    "answers without a version": (
        lambda project: without_checksum(project, "_commit:", "commit:"),
        Code.ANSWERS_UNREADABLE,
        "it has no _commit",
    ),
    "no git": (
        lambda project: shutil.rmtree(project / ".git"),
        Code.NO_REPOSITORY,
        "is in no git repository",
    ),
    "changes": (
        lambda project: (project / "README.md").write_text("mine\n"),
        Code.TREE_DIRTY,
        "not committed: README.md",
    ),
    "a relative template": (
        lambda project: without_checksum(project, "_src_path: /", "_src_path: ./"),
        Code.TEMPLATE_UNKNOWN,
        "relative path",
    ),
    "a template that was moved": (
        lambda project: without_checksum(project, "_src_path: /", "_src_path: /moved/"),
        Code.TEMPLATE_UNKNOWN,
        "there is nothing any more",
    ),
    "a version that nobody knows": (
        lambda project: without_checksum(project, "_commit: ", "_commit: v99-"),
        Code.VERSION_UNKNOWN,
        "has no version v99-",
    ),
}


@pytest.mark.parametrize("harm", HARM)
def test_what_would_do_harm_is_noticed_before_anything_is_written(
    make: Make, sop_new: SopNew, versions: Versions, harm: str
) -> None:
    project = make()
    newer(versions)
    do, code, message = HARM[harm]
    do(project)
    if code not in (Code.TREE_DIRTY, Code.NO_REPOSITORY):
        keep(project)
    before = contents(project)

    told = failure(sop_new("update", project, "--json"), code)

    assert message in told.message
    assert contents(project) == before


def test_a_template_older_than_the_project_is_refused(
    make: Make, sop_new: SopNew, versions: Versions
) -> None:
    newer(versions)
    project = make()
    git(versions.folder, "reset", "--quiet", "--hard", "HEAD~1")
    git(versions.folder, "reflog", "expire", "--expire=now", "--all")
    git(versions.folder, "gc", "--quiet", "--prune=now")

    told = failure(sop_new("update", project, "--json"), Code.VERSION_UNKNOWN)

    assert "has no version" in told.message


def test_a_file_that_git_ignores_is_not_overwritten(
    make: Make, sop_new: SopNew, versions: Versions
) -> None:
    project = make()
    (project / ".gitignore").write_text("extra.py\n")
    keep(project)
    (project / "zenml_acme" / "extra.py").write_text("mine\n")
    newer(versions)
    before = contents(project)

    told = failure(sop_new("update", project, "--json"), Code.DESTINATION_UNUSABLE)

    assert "extra.py" in told.message
    assert contents(project) == before


def test_a_disk_that_fails_halfway_leaves_the_project_as_it_was(
    make: Make, sop_new: SopNew, versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make()
    newer(versions)
    before = contents(project)
    usual = shutil.copy2

    def full(source: Path, target: Path, **options: bool) -> object:
        if target == project / "zenml_acme" / "_core" / "lifecycle" / "waiting.py":
            monkeypatch.undo()
            raise OSError(28, "No space left on device", str(target))
        return usual(source, target, **options)

    monkeypatch.setattr("sop_new.update.update.shutil.copy2", full)
    told = failure(sop_new("update", project, "--json"), Code.WRITE_FAILED)

    assert "waiting.py can't be written: No space left" in told.message
    assert contents(project) == before
