"""What of a source tree cannot travel, or must not: it is left out, and is no error."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from zenml_acme._core.environment.source_tree import archive_tree

from tests.core.units.host.source_roots import names

IN_GIT = pytest.mark.parametrize("in_git", [False, True], ids=["folder", "repository"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A source root with one file."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "train.py").write_text("train")
    return root


def make_repository(root: Path) -> None:
    subprocess.run(["git", "-C", root, "init", "-q"], check=True)
    subprocess.run(["git", "-C", root, "add", "."], check=True)


@IN_GIT
@pytest.mark.parametrize(
    "links",
    [
        {"itself": "itself"},
        {"one": "two", "two": "one"},
        {"itself": "itself", "follows": "itself"},
        {"itself": "itself", "below": "itself/file"},
        {"deep/one": "../two", "two": "deep/one"},
        {"nowhere": "/there/is/nothing"},
        {"out": "../nothing"},
        {"under-a-file": "/dev/null/file"},
        {"long": "x" * 300},
    ],
    ids=lambda links: "-".join(links).replace("/", "-"),
)
def test_a_link_that_leads_nowhere_is_left_out_with_a_warning(
    links: dict[str, str],
    in_git: bool,
    root: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    without = archive_tree(root, tmp_path / "archives", 1)
    for name, target in links.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).symlink_to(target)
    if in_git:
        make_repository(root)

    assert archive_tree(root, tmp_path / "archives", 1) == without
    for name in links:
        assert f"Not sent with the step: {name} " in caplog.text


@IN_GIT
def test_a_link_of_another_place_of_the_root_is_left_out(
    in_git: bool, root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (root / "folder").mkdir()
    (root / "folder" / "data.txt").write_text("data")
    # By the root's own name, which it has not on the other side.
    (root / "link.txt").symlink_to("../root/folder/data.txt")
    if in_git:
        make_repository(root)

    with tarfile.open(archive_tree(root, tmp_path / "archives", 1)) as tar:
        member = tar.extractfile("link.txt")
        assert member is not None
        assert member.read() == b"data"


def test_a_folder_that_became_a_link_can_be_unpacked(root: Path, tmp_path: Path) -> None:
    (root / "data").mkdir()
    (root / "data" / "rows.csv").write_text("rows")
    make_repository(root)
    (root / "data").rename(root / "moved")
    (root / "data").symlink_to("moved")

    with tarfile.open(archive_tree(root, tmp_path / "archives", 1)) as tar:
        tar.extractall(tmp_path / "there")
    assert (tmp_path / "there" / "data" / "rows.csv").read_text() == "rows"


@IN_GIT
def test_what_is_no_file_is_left_out_with_a_warning(
    in_git: bool, root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("pipe", "socket", "device", "folder"):
        (root / name).write_text("once a file")
    if in_git:
        make_repository(root)
    for name in ("pipe", "socket", "device", "folder"):
        (root / name).unlink()
    os.mkfifo(root / "pipe")
    (root / "device").symlink_to("/dev/zero")
    (root / "folder").symlink_to("/")
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as listening:
        os.chdir(root)
        listening.bind("socket")
        os.chdir(here)

    assert names(archive_tree(root, tmp_path / "archives", 1)) == {"train.py"}
    for name in ("pipe", "socket", "device", "folder"):
        assert f"Not sent with the step: {name} " in caplog.text


@IN_GIT
def test_what_cannot_be_read_is_left_out_with_a_warning(
    in_git: bool, ordinary_root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("secret.txt", "closed/module.py", "listed/module.py", "package/closed.py"):
        (ordinary_root / name).parent.mkdir(exist_ok=True)
        (ordinary_root / name).write_text(name)
    (ordinary_root / "through").symlink_to("closed/module.py")
    if in_git:
        make_repository(ordinary_root)
    (ordinary_root / "secret.txt").chmod(0)
    (ordinary_root / "package" / "closed.py").chmod(0)
    (ordinary_root / "closed").chmod(0)
    (ordinary_root / "listed").chmod(0o600)

    archive = archive_tree(ordinary_root, ordinary_root.parent / "archives", 1)

    assert names(archive) == {"train.py"}
    for name in ("secret.txt", "closed", "listed", "package/closed.py", "through"):
        assert name in caplog.text
    assert "Permission denied" in caplog.text


def test_a_new_folder_that_git_cannot_read_is_warned_about(
    ordinary_root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_repository(ordinary_root)
    (ordinary_root / "closed").mkdir(mode=0)

    assert names(archive_tree(ordinary_root, ordinary_root.parent / "archives", 1)) == {"train.py"}
    assert "closed" in caplog.text


def test_a_root_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"No such file or directory.*nowhere"):
        archive_tree(tmp_path / "nowhere", tmp_path / "archives", 1)


@pytest.fixture(params=["folder", "repository", "tracked"])
def kept(request: pytest.FixtureRequest, root: Path) -> Path:
    """A folder inside the source root that is no part of it; git may even know it."""
    kept = root / "deep" / "kept"
    (kept / "jobs").mkdir(parents=True)
    (kept / "jobs" / "output.log").write_text("output")
    (root / "deep" / "module.py").write_text("module")
    if request.param != "folder":
        make_repository(root)
    if request.param == "repository":
        subprocess.run(["git", "-C", root, "rm", "-rq", "--cached", "deep/kept"], check=True)
    return kept


OWN = {"train.py", "deep/module.py"}


def test_a_folder_that_is_kept_apart_is_never_sent(root: Path, kept: Path, tmp_path: Path) -> None:
    archive = archive_tree(root, tmp_path / "archives", 1, left_out=[kept])

    assert names(archive) == OWN
    (kept / "jobs" / "more.log").write_text("another run")
    assert archive_tree(root, tmp_path / "archives", 1, left_out=[kept]) == archive


def test_it_is_known_by_any_of_its_names(root: Path, kept: Path, tmp_path: Path) -> None:
    (tmp_path / "other name").symlink_to(root)
    by_another_name = tmp_path / "other name" / "deep" / ".." / "deep" / "kept"

    for path in (by_another_name, kept / "jobs" / ".."):
        assert names(archive_tree(root, tmp_path / "archives", 1, left_out=[path])) == OWN
    moved = archive_tree(tmp_path / "other name", tmp_path / "archives", 1, left_out=[kept])
    assert names(moved) == OWN


def test_no_link_leads_into_it(root: Path, kept: Path, tmp_path: Path) -> None:
    (root / "latest").symlink_to("deep/kept/jobs/output.log")
    (root / "absolute").symlink_to(kept / "jobs" / "output.log")
    (root / "jobs").symlink_to("deep/kept/jobs")

    assert names(archive_tree(root, tmp_path / "archives", 1, left_out=[kept])) == OWN


def test_its_size_does_not_count(root: Path, kept: Path, tmp_path: Path) -> None:
    (kept / "environment.bin").write_bytes(bytes(2 * 2**20))

    assert names(archive_tree(root, tmp_path / "archives", 1, left_out=[kept])) == OWN


def test_nobody_looks_into_it(ordinary_root: Path, caplog: pytest.LogCaptureFixture) -> None:
    (ordinary_root / "kept" / "closed").mkdir(parents=True)
    (ordinary_root / "kept" / "closed").chmod(0)

    archive_tree(ordinary_root, ordinary_root.parent, 1, left_out=[ordinary_root / "kept"])

    assert not caplog.records


def test_a_single_file_can_be_kept_apart(root: Path, kept: Path, tmp_path: Path) -> None:
    (root / "zenml.db").write_text("rows")

    archive = archive_tree(root, tmp_path, 1, left_out=[kept, root / "zenml.db", root / "none"])

    assert names(archive) == OWN


@pytest.mark.parametrize("above", [0, 1, 2])
def test_a_root_inside_of_such_a_folder_is_sent(above: int, root: Path, tmp_path: Path) -> None:
    around = (root, *root.parents)[above]
    (root / "data.txt").write_text("data")
    (root / "link.txt").symlink_to(root / "data.txt")

    sent = names(archive_tree(root, root / "sources", 1, left_out=[around, root / "sources"]))

    assert sent == {"train.py", "data.txt", "link.txt"}
    again = names(archive_tree(root, root / "sources", 1, left_out=[around, root / "sources"]))
    assert again == sent


@pytest.mark.skipif(sys.platform == "darwin", reason="its names are UTF-8")
def test_a_warning_can_be_printed_whatever_the_name(
    root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (root / os.fsdecode(b"caf\xe9")).symlink_to(os.fsdecode(b"caf\xe9"))

    archive_tree(root, tmp_path, 1)

    assert "caf\N{REPLACEMENT CHARACTER}" in caplog.text
    assert caplog.text.encode()
