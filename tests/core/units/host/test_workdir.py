"""The folder for what jobs need on disk: where it is, and whose."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError
from zenml_acme._core.environment.source_tree import archive_tree
from zenml_acme._core.environment.workdir import work_folder
from zenml_acme._core.options import CommonComponentOptions

from tests.core.units.host.source_roots import names

ME = pwd.getpwuid(os.geteuid()).pw_name


def mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o7777


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_chosen_folder_has_room_for_every_user(umask: int, tmp_path: Path) -> None:
    usual = os.umask(umask)
    try:
        folder = work_folder(str(tmp_path / "shared" / "zenml"))
    finally:
        os.umask(usual)

    assert folder == tmp_path / "shared" / "zenml" / ME
    assert mode(folder) == 0o700
    assert mode(folder.parent) == 0o1777
    assert mode(folder.parent.parent) & 0o755 == 0o755
    assert not mode(folder.parent.parent) & 0o022 or umask == 0


def test_a_folder_that_was_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o750)

    first = work_folder(str(tmp_path / "shared"))

    assert mode(tmp_path / "shared") == 0o750
    assert work_folder(str(tmp_path / "shared")) == first


def test_the_account_names_its_folder_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody")

    assert work_folder(str(tmp_path)).name == ME


def test_an_account_without_a_name_has_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: int) -> Any:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)

    assert work_folder(str(tmp_path)).name == str(os.geteuid())


@pytest.mark.parametrize("name", ["../other", "REALM/me", "..", ".", ""])
def test_a_name_that_is_no_folders_is_not_taken(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_name=name))

    assert work_folder(str(tmp_path)) == tmp_path / str(os.geteuid())


def test_a_folder_of_another_owner_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ME).mkdir(mode=0o700)
    account = pwd.getpwuid(os.geteuid())
    monkeypatch.setattr(pwd, "getpwuid", lambda _: account)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    with pytest.raises(RuntimeError, match=rf"{tmp_path / ME} belongs to .*another workdir"):
        work_folder(str(tmp_path))


@pytest.mark.parametrize("bits", [0o770, 0o702, 0o777])
def test_a_folder_that_others_can_write_to_is_refused(bits: int, tmp_path: Path) -> None:
    (tmp_path / ME).mkdir()
    (tmp_path / ME).chmod(bits)

    with pytest.raises(RuntimeError, match=rf"can write to {tmp_path / ME}.*chmod 700"):
        work_folder(str(tmp_path))


@pytest.mark.parametrize("target", ["file", "nowhere"])
def test_what_lies_in_its_place_is_named(target: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / ME).symlink_to(target)

    with pytest.raises(RuntimeError, match=f"workdir=.*{tmp_path / ME}"):
        work_folder(str(tmp_path))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RuntimeError, match=r"workdir='.*/file/zenml'.*Not a directory"):
        work_folder(str(tmp_path / "file" / "zenml"))


def test_where_no_user_may_make_a_folder_its_owner_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    # A mode would not keep root from writing.
    monkeypatch.setattr(Path, "mkdir", refuse)

    with pytest.raises(RuntimeError, match=f"chmod 1777 {tmp_path}"):
        work_folder(str(tmp_path))


@pytest.mark.parametrize(
    "chosen",
    ["$SCRATCH/zenml", "${SCRATCH}/zenml", "$SCRATCH/$WORD", "${SCRATCH}/ze${PART}l", "~/zenml"],
)
def test_variables_and_home_are_expanded_when_it_is_used(
    chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    option = CommonComponentOptions(workdir=chosen)
    monkeypatch.setenv("SCRATCH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WORD", "zenml")
    monkeypatch.setenv("PART", "nm")

    assert work_folder(option.workdir) == tmp_path / "zenml" / ME


def test_what_a_variable_holds_is_not_expanded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PART", "a$HOME")

    assert work_folder(f"{tmp_path}/$PART").parent == tmp_path / "a$HOME"


def test_what_others_expand_stays(tmp_path: Path) -> None:
    chosen = tmp_path / "%u" / "{user}" / "~"

    assert work_folder(str(chosen)).parent == chosen


@pytest.mark.parametrize("chosen", ["$NOT_SET", "${NOT_SET}", "a/$NOT_SET/b", "$EMPTY"])
def test_a_variable_that_is_not_set_is_refused_by_name(
    chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMPTY", "")

    with pytest.raises(RuntimeError, match=r"(NOT_SET|EMPTY) is not set"):
        work_folder(f"{tmp_path}/{chosen}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("part", ["${NAME:-zenml}", "$(whoami)", "$1", "a$", "${}", "$$"])
def test_what_only_a_shell_expands_is_refused(part: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"\$NAME"):
        work_folder(f"{tmp_path}/{part}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("chosen", ["$RELATIVE/zenml", "~no-such-account/zenml"])
def test_what_is_relative_in_the_end_is_refused(
    chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELATIVE", "here")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(RuntimeError, match="absolute"):
        work_folder(chosen)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("chosen", ["", "relative", "./$HOME", "a/~", "%u/zenml", "$", "$1", "${}"])
def test_what_can_never_be_absolute_is_refused_at_registration(chosen: str) -> None:
    with pytest.raises(ValidationError, match="workdir must be an absolute path"):
        CommonComponentOptions(workdir=chosen)


def test_what_may_be_absolute_elsewhere_is_taken() -> None:
    for chosen in ("/a", "~", "~/a", "~no-such-account/a", "$NOT_SET/a", "${NOT_SET}"):
        assert CommonComponentOptions(workdir=chosen).workdir == chosen


@pytest.mark.parametrize("default", [False, True])
def test_no_source_tree_and_no_backup_takes_it_along(
    default: bool, stack: None, tmp_path: Path
) -> None:
    folder = work_folder(None if default else str(tmp_path / "root" / "zenml"))

    assert (folder / ".gitignore").read_text() == "*\n"
    tag = (folder / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    if not default:
        (tmp_path / "root" / "train.py").touch()
        assert names(archive_tree(tmp_path / "root", tmp_path, 1)) == {"train.py"}


def test_a_full_disk_keeps_nobody_from_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / ME).mkdir(mode=0o700)
    monkeypatch.setattr(Path, "write_text", refuse)

    assert work_folder(str(tmp_path)) == tmp_path / ME
