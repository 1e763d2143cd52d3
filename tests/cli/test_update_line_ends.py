"""A project whose lines end with CR LF is merged by content, and keeps its line ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from sop_new.projects.line_ends import LineEnds
from sop_new.update.result import Updated

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import git
from tests.cli.versions import Make, Versions, keep, newer

WAITING = "zenml_acme/_core/lifecycle/waiting.py"
TEXTS = (".py", ".md", ".toml", ".yml", ".jinja", "")


def with_crlf(project: Path) -> None:
    for file in project.rglob("*"):
        if file.is_file() and ".git" not in file.relative_to(project).parts:
            file.write_bytes(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


def lone(project: Path) -> list[str]:
    """The files in which a line ends with LF alone."""
    return [
        name
        for name in git(project, "ls-files", "--cached", "--others").splitlines()
        if (project / name).is_file()
        and b"\n" in (project / name).read_bytes().replace(b"\r\n", b"")
    ]


@pytest.fixture(params=["core.autocrlf", ".gitattributes", "as it is committed"])
def windows(make: Make, request: pytest.FixtureRequest) -> Path:
    """A project as it is checked out, or was committed, with CR LF."""
    project = make()
    if request.param == "core.autocrlf":
        git(project, "config", "core.autocrlf", "true")
    if request.param == ".gitattributes":
        attributes = project / ".gitattributes"
        attributes.write_text(attributes.read_text() + "* text=auto eol=crlf\n")
    with_crlf(project)
    keep(project)
    assert not git(project, "status", "--porcelain")
    return project


def test_what_both_changed_elsewhere_is_merged(
    windows: Path, versions: Versions, sop_new: SopNew
) -> None:
    edited = windows / WAITING
    edited.write_bytes(
        edited.read_bytes().replace(b"return status\r\n", b"return status  # mine\r\n")
    )
    keep(windows)
    newer(versions)

    ran = sop_new("update", windows, "--json")

    assert ran.status == 0, ran.stdout
    changed = {file.path for file in Updated.model_validate_json(ran.stdout).files}
    assert WAITING in changed
    assert "README.md" not in changed
    assert b"Waits for a step's end" in edited.read_bytes()
    assert b"return status  # mine\r\n" in edited.read_bytes()
    assert lone(windows) == []
    keep(windows)
    assert sop_new("update", windows).stdout.startswith("Nothing to do")


def test_a_conflict_is_of_the_lines_that_differ(
    windows: Path, versions: Versions, sop_new: SopNew
) -> None:
    edited = windows / WAITING
    edited.write_bytes(edited.read_bytes().replace(b"Waits for the end", b"Awaits the end"))
    keep(windows)
    newer(versions)

    assert sop_new("update", windows).status == 3

    assert edited.read_bytes().count(b"=======\r\n") == 1
    assert edited.read_bytes().startswith(b'<<<<<<< yours\r\n"""Awaits the end')
    assert lone(windows) == []
    git(windows, "checkout", "--ours", WAITING)
    assert edited.read_bytes().startswith(b'"""Awaits the end of a step."""\r\n')


def test_nothing_of_it_counts_as_changed(windows: Path, sop_new: SopNew) -> None:
    ran = sop_new("diff", windows)

    assert "waiting.py" not in ran.stdout


def test_stubs_that_nobody_wrote_are_renewed(
    make: Make, versions: Versions, sop_new: SopNew
) -> None:
    project = make(backend="blank")
    git(project, "config", "core.autocrlf", "true")
    with_crlf(project)
    keep(project)
    engine = "template/{{ package_name }}/{% if backend == 'blank' %}engine{% endif %}/client.py"
    path = versions.folder / engine
    path.write_text(path.read_text() + "# Newer.\n")
    versions.commit()

    sop_new("update", project)

    assert (project / "zenml_acme/engine/client.py").read_bytes().endswith(b"# Newer.\r\n")


def test_a_new_file_has_the_line_ends_of_its_kind(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"1\r\n2\r\n")
    (tmp_path / "b.sh").write_bytes(b"1\n2\n")
    (tmp_path / "c.bin").write_bytes(b"\0\r\n\r\n")
    ends = LineEnds.of(tmp_path, ["a.py", "b.sh", "c.bin"])

    assert ends.restored(b"x\n", "new.py") == b"x\r\n"
    assert ends.restored(b"x\n", "new.sh") == b"x\n"
    assert ends.restored(b"\0x\n", "new.py") == b"\0x\n"
    assert LineEnds({}).restored(b"x\n", "new.py") == b"x\n"
