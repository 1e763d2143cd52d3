"""`sop-new adopt`: what would do harm is noticed before anything is written."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sop_new.errors import Code

from tests.cli.by_hand import CODE, FOUND, OPERATOR, WRITTEN, write
from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import contents, failure
from tests.cli.versions import keep
from tests.template.rendering import ANSWERS_FILE


def replace(name: str, old: str, new: str) -> Callable[[Path], object]:
    def do(project: Path) -> None:
        text = (project / name).read_text()
        assert old in text
        (project / name).write_text(text.replace(old, new))

    return do


def two(project: Path) -> None:
    write(project, {"zenml_grid/two.py": OPERATOR.replace('"grid"', '"two"')})


HARM: dict[str, tuple[Callable[[Path], object], tuple[str, ...], Code, str, str]] = {
    "no folder": (
        lambda project: None,
        ("nowhere",),
        Code.DESTINATION_UNUSABLE,
        "There is no folder",
        "Name the folder",
    ),
    "no git": (
        lambda project: shutil.rmtree(project / ".git"),
        (),
        Code.NO_REPOSITORY,
        "is in no git repository",
        "git init",
    ),
    "changes": (
        replace("README.md", "grid", "new grid"),
        (),
        Code.TREE_DIRTY,
        "not committed: README.md",
        "git stash",
    ),
    "a project already": (
        lambda project: (project / ANSWERS_FILE).touch(),
        (),
        Code.ALREADY_A_PROJECT,
        "is a project of sop-new already",
        "sop-new update",
    ),
    "no operator": (
        lambda project: (project / CODE).unlink(),
        (),
        Code.FLAVOR_UNKNOWN,
        "no class derives from BaseStepOperatorFlavor",
        "-d flavor=NAME",
    ),
    "code that is none": (
        replace(CODE, "import subprocess", "import"),
        (),
        Code.FLAVOR_UNKNOWN,
        f"{CODE} is unread: Python ",
        "-d flavor=NAME",
    ),
    "a name that is computed": (
        replace(CODE, 'return "grid"', "return self.find_name()"),
        (),
        Code.FLAVOR_UNKNOWN,
        FOUND,
        "-d flavor=NAME",
    ),
    "two operators": (
        two,
        (),
        Code.FLAVOR_UNKNOWN,
        f"more than one step operator: grid, {FOUND}; two, class",
        "-d flavor=grid",
    ),
    "a name that the template refuses": (
        replace(CODE, 'return "grid"', 'return "The Grid"'),
        (),
        Code.ANSWER_INVALID,
        f"flavor (of {FOUND}) is refused: Use a-z, 0-9, single - and _;",
        "-d flavor=",
    ),
    "a licence that the template has not": (
        replace("pyproject.toml", "MIT License", "GPL-3.0-only"),
        (),
        Code.ANSWER_INVALID,
        "license (in pyproject.toml) is refused: GPL-3.0-only",
        "-d license=",
    ),
    "papers that are none": (
        replace("pyproject.toml", "[project]", "[project"),
        (),
        Code.DESTINATION_UNUSABLE,
        "pyproject.toml can't be read",
        "Mend it",
    ),
    "a mistyped answer": (
        lambda project: None,
        (".", "-d", "licence=MIT"),
        Code.ANSWER_UNKNOWN,
        "no question licence",
        "license",
    ),
    "a file that is there": (
        lambda project: None,
        (".", "--add", "examples", "--add", "README.md"),
        Code.USAGE,
        "--add README.md adds nothing: it is there",
        "--diff",
    ),
    "a file that the template has not": (
        lambda project: None,
        (".", "--add", "example"),
        Code.USAGE,
        "--add example adds nothing: the template has no such file",
        "--diff",
    ),
    "a link in the place of a folder": (
        lambda project: (project / "examples").symlink_to(project.parent),
        (".", "--add", "examples"),
        Code.DESTINATION_UNUSABLE,
        "examples is a link",
        "Move it",
    ),
}


@pytest.mark.parametrize("harm", HARM)
def test_what_would_do_harm_is_refused_and_nothing_is_written(
    grid: Path, sop_new: SopNew, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    do, arguments, code, message, hint = HARM[harm]
    do(grid)
    if code not in (Code.TREE_DIRTY, Code.NO_REPOSITORY):
        keep(grid)
    before = contents(grid)
    monkeypatch.chdir(grid)

    told = failure(sop_new("adopt", *arguments, "--json"), code)

    assert message in told.message
    assert hint in told.hint
    assert contents(grid) == before


def test_a_disk_that_fails_halfway_leaves_the_project_as_it_was(
    grid: Path, sop_new: SopNew, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(grid)
    rename = Path.rename

    def full(path: Path, target: Path) -> Path:
        if path.name == "waiting.py":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", full)
    failure(sop_new("adopt", grid, "--add", ".", "--json"), Code.WRITE_FAILED)

    assert contents(grid) == before
    assert sorted(path.name for path in grid.iterdir()) == sorted(
        {name.partition("/")[0] for name in WRITTEN} | {".git"}
    )
