"""Lines of requirements files, and where their paths lead to."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from zenml.utils import source_utils
from zenml_acme._core.environment.packages.distribution import requirement
from zenml_acme._core.environment.packages.installers import find_uv

from tests.core.units.host.local_packages import write_package
from tests.core.units.host.wishes import Want, split, want

__all__ = ["want"]

NAME = requirement().partition("==")[0]


@pytest.mark.parametrize(
    "written",
    [
        b"\xef\xbb\xbfsix==1.16.0\r\nattrs\r\n",
        "six==1.16.0\nattrs\n".encode("utf-16"),
        codecs.BOM_UTF16_BE + "six==1.16.0\r\nattrs\n".encode("utf-16-be"),
        "six==1.16.0\nattrs\n".encode("utf-32"),
        b"# -*- coding: latin-1 -*-\nsix==1.16.0\n# \xe9\nattrs\n",
        b"#!/usr/bin/pip\n# vim: set fileencoding=cp1252 :\nsix==1.16.0\nattrs\n# \x80",
        b"six==1.16.0\rattrs",
        b"six==1.16\\\n.0\n# a comment \\\nattrs",
        b"six==1.16.0\r\n\r\n   \r\n  # \xc3\xa9\r\nattrs\\\r\n",
    ],
)
@pytest.mark.parametrize("is_named", [True, False])
def test_a_requirements_file_is_read_as_pip_reads_it(
    want: Want, tmp_path: Path, written: bytes, is_named: bool
) -> None:
    (tmp_path / "requirements.txt").write_bytes(written)
    before = source_utils.get_source_root()
    source_utils.set_custom_source_root(str(tmp_path))
    try:
        if is_named:
            others, _ = split(want(requirements=str(tmp_path / "requirements.txt")))
        else:
            others, _ = split(want(disable_automatic_requirements_detection=False))
    finally:
        source_utils.set_custom_source_root(before)

    assert others == ["six==1.16.0", "attrs"]


def test_a_requirements_file_in_no_encoding_is_named(want: Want, tmp_path: Path) -> None:
    (tmp_path / "wanted.txt").write_bytes(b"# coding: klingon\nsix\n")

    with pytest.raises(RuntimeError, match=r"wanted.txt.*klingon"):
        want(requirements=str(tmp_path / "wanted.txt"))


@pytest.mark.parametrize("line", ["-r absent.txt", "-c absent.txt"])
def test_a_file_that_is_missing_is_named(want: Want, tmp_path: Path, line: str) -> None:
    (tmp_path / "wanted.txt").write_text(line)

    for missing in ("nothing.txt", "wanted.txt"):
        with pytest.raises(FileNotFoundError, match=r"(nothing|absent).txt does not exist"):
            want(requirements=str(tmp_path / missing))


def test_a_requirements_file_leads_to_others_and_to_folders(want: Want, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "lib").mkdir()
    lines = "-r more/base.txt\n-c 'limits.txt'\n-e ./lib  # ours\n-r https://host/r.txt\n"
    (tmp_path / "wanted.txt").write_text(lines)
    (tmp_path / "more" / "base.txt").write_text("six\n--requirement=../wanted.txt\n-cnear.txt\n")
    (tmp_path / "more" / "near.txt").write_bytes(codecs.BOM_UTF8 + b"attrs<99\n")
    (tmp_path / "limits.txt").write_text("six<2\n")

    wanted = want(requirements=str(tmp_path / "wanted.txt"))

    others, _ = split(wanted)
    assert others == ["six", f"-e file://{tmp_path}/lib  # ours", "-r https://host/r.txt"]
    assert wanted.constraints == ("attrs<99", "six<2")


def test_a_path_in_a_requirements_file_starts_where_pip_would(
    want: Want, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("here/lib", "there/lib", "there/other"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "there" / "wanted.txt").write_text("./lib\n./other\n")
    monkeypatch.chdir(tmp_path / "here")

    others, _ = split(want(requirements="../there/wanted.txt"))

    assert others == [f"file://{tmp_path}/here/lib", f"file://{tmp_path}/there/other"]


Export = Callable[[Path, str], list[str]]


@pytest.fixture
def export(want: Want, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Export:
    """Say what a step wants whose pyproject is exported as such lines."""
    listed = tmp_path / "exported"
    tool = tmp_path / "bin" / "uv"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\nexec cat {listed}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")

    def exported(home: Path, lines: str) -> list[str]:
        home.mkdir(parents=True, exist_ok=True)
        (home / "pyproject.toml").touch()
        listed.write_text(lines)
        others, _ = split(want(pyproject_path=str(home / "pyproject.toml")))
        return others

    return exported


@pytest.mark.parametrize(
    ("line", "placed"),
    [
        ("../lib", "file://{}/lib"),
        ("./lib", "file://{}/a%20home/lib"),
        ("libs/own", "file://{}/a%20home/libs/own"),
        ("-e ../lib", "-e file://{}/lib"),
        ("-e .", "-e file://{}/a%20home"),
        ("--editable=../lib", "--editable=file://{}/lib"),
        ("file:../lib", "file://{}/lib"),
        ("mylib @ file:../lib", "mylib @ file://{}/lib"),
        ("mylib[x] @ ../lib", "mylib[x] @ file://{}/lib"),
        ("../lib[x]", "{}/lib[x]"),
        ("-e file:///${PROJECT_ROOT}/../lib", "-e file://{}/lib"),
        ("../lib ; python_version > '3'", "file://{}/lib ; python_version > '3'"),
        ("../own-1.0-py3-none-any.whl", "file://{}/own-1.0-py3-none-any.whl"),
        ("--find-links ../wheels", "--find-links file://{}/wheels"),
        ("file:///abs/lib", "file:///abs/lib"),
        ("mylib @ https://host/lib.whl", "mylib @ https://host/lib.whl"),
        ("-e git+https://host/lib", "-e git+https://host/lib"),
    ],
)
def test_the_paths_of_an_export_start_at_the_pyproject(
    export: Export, tmp_path: Path, line: str, placed: str
) -> None:
    (tmp_path / "wheels").mkdir()

    assert export(tmp_path / "a home", line) == [placed.format(tmp_path)]


def test_the_paths_of_a_members_export_start_at_the_workspace(
    export: Export, tmp_path: Path
) -> None:
    member = tmp_path / "workspace" / "packages" / "member"
    (member.parent / "other").mkdir(parents=True)
    (tmp_path / "lib").mkdir()
    (tmp_path / "workspace" / "uv.lock").touch()

    told = export(member, "-e ./packages/other\n../lib\n    # via other\n")

    assert told == [
        f"-e file://{tmp_path}/workspace/packages/other",
        f"file://{tmp_path}/lib",
    ]


@pytest.mark.parametrize("spelling", ["../{}", "-e ../{}", "file:../{}", "own @ ../{}"])
def test_a_folder_that_holds_this_package_gives_way_to_the_wheel(
    export: Export, tmp_path: Path, spelling: str
) -> None:
    checkout = tmp_path / "another checkout"
    checkout.mkdir()
    (checkout / "pyproject.toml").write_text(f'[project]\nversion = "1"\nname = "{NAME}"\n')
    line = spelling.format(checkout.name).replace("own", NAME)

    assert export(tmp_path / "home", f"six\n{line}\n") == ["six"]


@pytest.mark.skipif(not find_uv(), reason="what uv exports")
def test_what_uv_exports_of_folders_and_workspaces_can_be_found(
    want: Want, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(str(find_uv())).parent}{os.pathsep}{os.environ['PATH']}")
    workspace = tmp_path / "workspace"
    root = '[tool.uv.sources]\nmember = {workspace = true}\n[tool.uv.workspace]\nmembers = ["*"]\n'
    write_package(tmp_path / "lib")
    write_package(workspace, needs="member", more=root)
    of_member = '[tool.uv.sources]\nlib = {path = "../../lib"}\n'
    member = write_package(workspace / "member", needs="lib", more=of_member)

    of_root, _ = split(want(pyproject_path=str(workspace / "pyproject.toml")))
    of_member_, _ = split(want(pyproject_path=str(member / "pyproject.toml")))

    lines = [line.split("#")[0].strip() for line in of_root]
    assert lines == [f"-e {member.as_uri()}", (tmp_path / "lib").as_uri()]
    assert [line.split("#")[0].strip() for line in of_member_] == lines[1:]
