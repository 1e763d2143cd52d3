"""A machine without a package index gets what it needs from here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from zenml_acme._core.environment.packages.build import Packages
from zenml_acme._core.transport import carrying
from zenml_acme._core.transport.remote import RemoteMachine
from zenml_acme._core.transport.wheelhouse import fetched_wheels, has_no_index, tags_of

from tests.core.units.host.local_packages import write_wheel
from tests.core.units.host.transport.conftest import Far

LINUX = {"libc": "glibc", "version": "2.7", "name": "linux-x86_64", "python": ["3", "11"]}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index that pip here has, and nobody there."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.parametrize(
    "words", ["export PIP_NO_INDEX=1", "export PIP_INDEX_URL=http://127.0.0.1:9 PIP_RETRIES=0"]
)
def test_what_it_lacks_is_fetched_here_and_sent(
    far: Far, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    far.startup(f"{words}\n")
    monkeypatch.setattr(carrying, "_installed_here", lambda _: ("two==9.0",))
    write_wheel(index, "one", "1.0", needs="two")
    write_wheel(index, "two", "1.0")
    machine = RemoteMachine(far.session, tmp_path / "ours")
    packages = Packages(("one==1.0",), prefer_pip=True)

    python = machine.build(packages)

    show = "from importlib.metadata import version; print(version('one'), version('two'))"
    assert subprocess.check_output([python, "-c", show], text=True) == "1.0 1.0\n"
    # It is the environment of these packages, also for who has nothing to send.
    shutil.rmtree(index)
    assert machine.build(packages) == python


@pytest.mark.usefixtures("index")
def test_what_nobody_has_is_an_error_with_the_words_of_both(
    far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far.startup("export PIP_NO_INDEX=1\n")
    monkeypatch.setattr(carrying, "_installed_here", lambda _: ())
    machine = RemoteMachine(far.session, tmp_path / "ours")

    with pytest.raises(RuntimeError, match=r"(?s)satisfies.* none.*Nor can its packages be sent: "):
        machine.build(Packages(("none==1.0",), prefer_pip=True))
    assert not [path for path in (tmp_path / "ours" / "wheels").iterdir() if path.is_dir()]


def test_another_python_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"Python is 3\.1 there"):
        fetched_wheels(Packages(), tmp_path, LINUX | {"python": ["3", "1"]})


@pytest.mark.parametrize(
    ("platform", "tags"),
    [
        (
            LINUX,
            [
                *("manylinux_2_7_x86_64", "manylinux_2_6_x86_64", "manylinux_2_5_x86_64"),
                *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"),
                "linux_x86_64",
            ],
        ),
        (LINUX | {"libc": "", "name": "macosx-11.0-arm64"}, ["macosx_11_0_arm64"]),
    ],
)
def test_platforms_are_called_as_pip_calls_them(platform: dict[str, Any], tags: list[str]) -> None:
    assert tags_of(platform) == tags


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("error: Failed to fetch: `https://pypi.org/simple/zenml/`", True),
        ("  Caused by: dns error: failed to lookup address information", True),
        ("Failed to establish a new connection: [Errno 111] Connection refused'", True),
        ("ERROR: Could not find a version that satisfies the requirement zenml", True),
        ("Because x was not found in the package registry and you require x", True),
        ("error: No space left on device", False),
        ("fatal error: Python.h: No such file or directory", False),
    ],
)
def test_the_words_of_a_missing_index_are_known(said: str, expected: bool) -> None:
    assert has_no_index(said) is expected
