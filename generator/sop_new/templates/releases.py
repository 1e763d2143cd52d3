"""The releases that a template's history tells of, where tags may be missing.

A clone does not always bring tags, and projects are noted down by them. So the history alone says
what a release is: X.Y.Z is the commit that adds the heading `## X.Y.Z` to CHANGELOG.md. The build
of the package runs this file too, beside which nothing but packaging is installed then.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from packaging.version import InvalidVersion, Version

CHANGELOG = "CHANGELOG.md"

OF_HOOKS = re.compile(r"GIT_(?!CONFIG)")

COMMIT = re.compile(r"^([0-9a-f]{40,64})\n", re.MULTILINE)

# In a merge each parent has a sign: what came from one of them is not added by the merge.
HEADING = re.compile(
    r"^(?P<sign>\++|-+)## \[?v?(?P<version>\d+\.\d+\.\d+[^\]\s]*)\]?(?:[ (].*)?$", re.MULTILINE
)


def tag(repository: Path) -> None:
    """Give a repository the tags vX.Y.Z of the releases that HEAD's history tells of.

    A release that has a tag already keeps it, wherever it is.

    Raises:
        CalledProcessError: git can't read the repository, or not write to it.
    """
    tagged = {_version(name) for name in _git(repository, "tag", "--list").split()}
    creations = []
    for commit, name in _added(repository):
        version = _version(name)
        # A heading that was taken back and has come again is a release since it first came.
        if version and version not in tagged and not _is_none(version):
            tagged.add(version)
            creations.append(f"create refs/tags/v{name} {commit}\n")
    _git(repository, "update-ref", "--stdin", text="".join(creations))


def newest(repository: Path) -> str:
    """The newest release that is tagged in HEAD's history, as Copier sees it; else HEAD."""
    names = _git(repository, "tag", "--merged", "HEAD").split()
    found = {version: name for name in names if (version := _version(name))}
    final = [version for version in found if not version.is_prerelease]
    return f"refs/tags/{found[max(final)]}" if final else "HEAD"


def _version(name: str) -> Version | None:
    try:
        return Version(name)
    except InvalidVersion:
        return None


def _is_none(version: Version) -> bool:
    """Whether a version is neither a final release nor one before it."""
    return bool(version.is_devrelease or version.is_postrelease or version.local)


def _added(repository: Path) -> Iterator[tuple[str, str]]:
    """Each commit that adds the heading of a version, and that version; the oldest come first."""
    # All parents are followed: what a commit adds depends on no branch from which one looks.
    commits = _git(
        repository,
        *("rev-list", "--full-history", "--topo-order", "--reverse", "HEAD", "--", CHANGELOG),
    )
    options = ("--stdin", "--root", "-c", "-p", "--unified=0", "--no-ext-diff", "--no-textconv")
    patches = _git(repository, "diff-tree", *options, "--", CHANGELOG, text=commits)
    _, *parts = COMMIT.split(patches)
    for commit, patch in zip(parts[::2], parts[1::2], strict=True):
        headings = list(HEADING.finditer(patch))
        # A heading that gets a date is not new.
        before = {found["version"] for found in headings if "-" in found["sign"]}
        for found in headings:
            if found["version"] not in before:
                yield commit, found["version"]


def _git(repository: Path, *arguments: str, text: str = "") -> str:
    # Git has a hook of the user's even for a tag, and tells its hooks what repository they are for.
    return subprocess.run(
        ["git", "-C", str(repository), "-c", f"core.hooksPath={os.devnull}", *arguments],
        env={name: value for name, value in os.environ.items() if not OF_HOOKS.match(name)},
        input=text,
        check=True,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    ).stdout
