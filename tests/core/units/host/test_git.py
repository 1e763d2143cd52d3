"""What of a source tree git keeps from travelling."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from zenml_acme._core.environment.source_tree import archive_tree

from tests.core.units.host.source_roots import OWN, make_root, names


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A source root under a path with blanks."""
    return make_root(tmp_path / "a root with blanks")


def git(root: Path, *arguments: str | Path) -> None:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    local = ("-c", "protocol.file.allow=always")
    subprocess.run(["git", "-C", root, *identity, *local, *arguments], check=True)


def make_repository(root: Path) -> None:
    (root / ".gitignore").write_text("ignored\n.venv\n.some_cache\n")
    git(root, "init", "-q")
    git(root, "add", "train.py")


def test_with_git_what_it_ignores_stays(root: Path, tmp_path: Path) -> None:
    make_repository(root)

    assert names(archive_tree(root, tmp_path, 1)) == OWN | {".gitignore"}


def test_a_subfolder_of_a_repository_is_a_tree(root: Path, tmp_path: Path) -> None:
    make_repository(root)

    assert names(archive_tree(root / "package", tmp_path, 1)) == {"module.py"}


def test_a_tree_that_git_ignores_as_a_whole_travels(root: Path, tmp_path: Path) -> None:
    make_repository(root)

    assert names(archive_tree(root / "ignored", tmp_path, 1)) == {"big.bin"}


def test_a_submodule_travels_with_what_git_ignores_in_neither(root: Path, tmp_path: Path) -> None:
    make_repository(root)
    library = tmp_path / "library"
    library.mkdir()
    (library / "code.py").touch()
    (library / ".gitignore").write_text("*.bin\n")
    git(library, "init", "-q")
    git(library, "add", ".")
    git(library, "commit", "-qm", "first")
    git(root, "submodule", "--quiet", "add", library, "sub module")
    (root / "sub module" / "new.py").touch()
    (root / "sub module" / "weights.bin").touch()

    sent = names(archive_tree(root, tmp_path / "archives", 1))

    inner = {name for name in sent if name.startswith("sub module/")}
    assert inner == {f"sub module/{n}" for n in (".gitignore", "code.py", "new.py")}
    assert sent > OWN


def test_a_repository_below_that_is_no_submodule_travels(root: Path, tmp_path: Path) -> None:
    make_repository(root)
    git(root / "package", "init", "-q")

    assert "package/module.py" in names(archive_tree(root, tmp_path, 1))


def test_a_hook_of_git_changes_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_repository(root)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere" / "index"))

    assert names(archive_tree(root, tmp_path, 1)) == OWN | {".gitignore"}


def test_a_deleted_file_stays_without_a_word(
    root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_repository(root)
    (root / "train.py").unlink()
    (root / "link.py").unlink()

    assert "train.py" not in names(archive_tree(root, tmp_path, 1))
    assert not caplog.records


def test_where_git_refuses_to_answer_all_travels_with_a_warning(
    root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_repository(root)
    (root / ".git" / "config").write_text("this is no configuration")

    assert "ignored/big.bin" in names(archive_tree(root, tmp_path, 1))
    assert "git ignores is sent, too" in caplog.text
    assert "config" in caplog.text
