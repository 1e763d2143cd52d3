"""What of the source tree travels."""

from __future__ import annotations

import os
import sys
import tarfile
from pathlib import Path
from typing import BinaryIO

import pytest
from zenml_acme._core.environment import source_tree
from zenml_acme._core.environment.left_out import LeftOut
from zenml_acme._core.environment.source_tree import archive_tree

from tests.core.units.host.source_roots import OWN, make_root, names


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A source root under a path with blanks."""
    return make_root(tmp_path / "a root with blanks")


def test_without_git_all_but_caches_and_environments_travels(root: Path, tmp_path: Path) -> None:
    assert names(archive_tree(root, tmp_path, 1)) == OWN | {"ignored/big.bin"}


def test_links_and_modes_survive(root: Path, tmp_path: Path) -> None:
    with tarfile.open(archive_tree(root, tmp_path, 1)) as tar:
        assert tar.getmember("link.py").linkname == "train.py"
        assert tar.getmember("run.sh").mode & 0o111


def test_a_link_that_leads_out_travels_as_what_it_leads_to(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("outside")
    (root / "outside.txt").symlink_to(tmp_path / "outside.txt")

    with tarfile.open(archive_tree(root, tmp_path, 1)) as tar:
        outside = tar.extractfile("outside.txt")
        assert outside is not None
        assert outside.read() == b"outside"


def test_what_is_no_file_stays(root: Path, tmp_path: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "everything").symlink_to("/")

    assert names(archive_tree(root, tmp_path, 1)) == OWN | {"ignored/big.bin"}


def test_a_link_to_what_is_not_there_yet_travels(root: Path, tmp_path: Path) -> None:
    (root / "result").symlink_to("not/there/yet")

    assert "result" in names(archive_tree(root, tmp_path, 1))


@pytest.mark.skipif(sys.platform == "darwin", reason="its names are UTF-8")
def test_a_name_that_is_not_utf8_survives(root: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    (root / name).write_text("coffee")

    with tarfile.open(archive_tree(root, tmp_path, 1)) as tar:
        tar.extract(name, tmp_path)
    assert (tmp_path / name).read_text() == "coffee"

    (root / name).write_bytes(bytes(2 * 2**20))
    with pytest.raises(RuntimeError, match="caf\N{REPLACEMENT CHARACTER}") as caught:
        archive_tree(root, tmp_path, 1)
    assert str(caught.value).encode()


def test_a_long_name_survives(root: Path, tmp_path: Path) -> None:
    deep = "/".join(["folder-" + "x" * 50] * 6)
    (root / deep).mkdir(parents=True)
    (root / deep / "module.py").touch()

    assert f"{deep}/module.py" in names(archive_tree(root, tmp_path, 1))


def test_an_empty_folder_stays(root: Path, tmp_path: Path) -> None:
    (root / "empty").mkdir()

    assert names(archive_tree(root, tmp_path, 1)) == OWN | {"ignored/big.bin"}


def test_a_file_that_vanishes_meanwhile_was_never_there(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = archive_tree(root, tmp_path, 1)
    listed = [Path(name) for name in (*names(without), "gone.py")]
    monkeypatch.setattr(source_tree, "_sendable_files", lambda *_: listed)

    assert archive_tree(root, tmp_path, 1) == without


def test_an_archive_is_named_after_what_was_written(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = source_tree._write

    def change_first(root: Path, files: list[Path], folder: Path) -> Path:
        (root / "train.py").write_text("changed meanwhile")
        archive: Path = write(root, files, folder)
        return archive

    with monkeypatch.context() as patch:
        patch.setattr(source_tree, "_write", change_first)
        archive = archive_tree(root, tmp_path, 1)

    assert archive_tree(root, tmp_path, 1) == archive


def test_a_file_that_cannot_be_read_any_more_is_left_out_and_named(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    without = archive_tree(root, tmp_path, 1)
    (root / "readable.txt").touch()
    opened = source_tree._open

    def refuse(path: Path) -> BinaryIO:
        if path.name == "readable.txt":
            raise PermissionError(13, "Permission denied", str(path))
        file: BinaryIO = opened(path)
        return file

    # Between the listing and the reading.
    listed = sorted(source_tree._sendable_files(root, LeftOut(root, [])))
    monkeypatch.setattr(source_tree, "_sendable_files", lambda *_: listed)
    monkeypatch.setattr(source_tree, "_open", refuse)

    assert archive_tree(root, tmp_path, 1) == without
    assert "readable.txt" in caplog.text
    assert "Permission denied" in caplog.text


def test_a_folder_that_cannot_be_written_is_named(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RuntimeError, match=r"cannot be archived in .*/file"):
        archive_tree(root, tmp_path / "file", 1)


def test_the_tree_of_another_user_is_the_same_archive(root: Path, tmp_path: Path) -> None:
    first = archive_tree(root, tmp_path, 1)
    os.utime(root / "train.py", (1, 1))
    (root / "train.py").chmod(0o664)

    assert archive_tree(root, tmp_path, 1) == first
    (root / "train.py").chmod(0o775)
    assert archive_tree(root, tmp_path, 1) != first
    with tarfile.open(first) as tar:
        owners = {(member.uid, member.uname) for member in tar}
    assert owners == {(0, "")}


def test_an_unchanged_tree_is_archived_once(root: Path, tmp_path: Path) -> None:
    first = archive_tree(root, tmp_path, 1)
    written = first.stat().st_ino
    (root / "train.py").touch()

    assert archive_tree(root, tmp_path, 1) == first
    assert first.stat().st_ino == written


def test_the_date_of_an_archive_tells_its_last_use(root: Path, tmp_path: Path) -> None:
    archive = archive_tree(root, tmp_path, 1)
    os.utime(archive, (1, 1))

    assert archive_tree(root, tmp_path, 1).stat().st_mtime > 1


def test_a_changed_tree_is_another_archive(root: Path, tmp_path: Path) -> None:
    first = archive_tree(root, tmp_path, 1)
    (root / "train.py").write_text("changed")

    assert archive_tree(root, tmp_path, 1) != first


def test_a_tree_that_is_too_large_is_refused_by_name(root: Path, tmp_path: Path) -> None:
    # It is not read, which would take long.
    with (root / "model.bin").open("wb") as file:
        file.truncate(2**36)

    with pytest.raises(RuntimeError, match=r"\d+ MiB.*source_limit_mib=2.*model\.bin"):
        archive_tree(root, tmp_path, 2)
