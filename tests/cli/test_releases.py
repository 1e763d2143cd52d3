"""Which commits are releases, where no tag says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from sop_new.templates import releases

from tests.cli.sop_new_runs import git


class Repository:
    """A repository whose changelog grows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        git(folder, "init", "--quiet", "--initial-branch=main")
        self.write("# Changelog\n")

    def write(self, changelog: str) -> str:
        (self.folder / "CHANGELOG.md").write_text(changelog)
        return self.commit()

    def release(self, heading: str) -> str:
        title, _, rest = (self.folder / "CHANGELOG.md").read_text().partition("\n")
        return self.write(f"{title}\n\n{heading}\n{rest}")

    def commit(self) -> str:
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", "Another one")
        return git(self.folder, "rev-parse", "HEAD").strip()

    def tags(self) -> dict[str, str]:
        """The commits of all tags, once releases have theirs."""
        releases.tag(self.folder)
        form = "--format=%(refname:strip=2) %(objectname)"
        shown = git(self.folder, "for-each-ref", form, "refs/tags")
        return dict(line.split() for line in shown.splitlines())


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("## 1.2.3", "v1.2.3"),
        ("## 1.2.3 (2030-01-01)", "v1.2.3"),
        ("## [1.2.3] - 2030-01-01", "v1.2.3"),
        ("## [1.2.3](https://example.org/1.2.3)", "v1.2.3"),
        ("## v1.2.3", "v1.2.3"),
        ("## 1.2.3rc1", "v1.2.3rc1"),
    ],
)
def test_the_commit_that_adds_a_heading_is_the_release(
    repository: Repository, heading: str, name: str
) -> None:
    release = repository.release(heading)
    repository.commit()

    assert repository.tags() == {name: release}


@pytest.mark.parametrize(
    "heading", ["## Unreleased", "### 1.2.3", "## 3 things", "## 1.2.3.dev1", "## 1.2.3+local"]
)
def test_other_headings_are_no_releases(repository: Repository, heading: str) -> None:
    repository.release(heading)

    assert repository.tags() == {}


def test_a_heading_that_gets_a_date_or_comes_again_is_no_new_release(
    repository: Repository,
) -> None:
    release = repository.release("## 1.2.3")
    repository.write("# Changelog\n\n## [1.2.3] - 2030-01-01\n")
    repository.write("# Changelog\n")
    repository.release("## 1.2.3")

    assert repository.tags() == {"v1.2.3": release}


def test_a_release_that_has_a_tag_keeps_it(repository: Repository) -> None:
    first = repository.release("## 1.0.0")
    last = repository.release("## 1.1.0")
    git(repository.folder, "tag", "v1.1.0", first)
    # Not named as ours are, but the same release.
    git(repository.folder, "tag", "1.0", last)

    assert repository.tags() == {"v1.1.0": first, "1.0": last}


def test_a_release_is_the_same_commit_from_whatever_branch_one_looks(
    repository: Repository,
) -> None:
    git(repository.folder, "switch", "--quiet", "--create", "feature")
    (repository.folder / "feature.txt").write_text("a feature")
    repository.commit()
    git(repository.folder, "switch", "--quiet", "main")
    release = repository.release("## 1.0.0")
    git(repository.folder, "switch", "--quiet", "feature")
    assert repository.tags() == {}
    git(repository.folder, "merge", "--quiet", "--no-edit", "main")

    assert repository.tags() == {"v1.0.0": release}


def test_a_merge_that_adds_a_heading_itself_is_a_release(repository: Repository) -> None:
    git(repository.folder, "switch", "--quiet", "--create", "feature")
    repository.write("# Changelog\n\n- A feature\n")
    git(repository.folder, "switch", "--quiet", "main")
    repository.write("# Changelog\n\n- A change\n")
    git(repository.folder, "merge", "--quiet", "--strategy=ours", "--no-commit", "feature")
    release = repository.write("# Changelog\n\n## 1.0.0\n\n- A change\n- A feature\n")

    assert repository.tags() == {"v1.0.0": release}
