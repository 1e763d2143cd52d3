"""What lies here gets to the other machine."""

from __future__ import annotations

import os
import subprocess
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from zenml_acme._core.environment.packages.build import Packages
from zenml_acme._core.transport import carrying
from zenml_acme._core.transport.carrying import carried_packages
from zenml_acme._core.transport.remote import RemoteMachine

from tests.core.units.host.local_packages import write_package
from tests.core.units.host.transport.conftest import Far

Carry = Callable[..., Packages]


@pytest.fixture
def carry(tmp_path: Path) -> Carry:
    """Carry lines to a machine whose folder is called `/there`."""

    def call(*lines: str, constraints: tuple[str, ...] = ()) -> Packages:
        folder = tmp_path / "ours"

        def bring(file: Path) -> Path:
            assert file.is_file()
            return Path("/there") / file.relative_to(folder)

        return carried_packages(Packages(lines, constraints, own_name="zenml-acme"), folder, bring)

    return call


def wheel(folder: Path, name: str = "one") -> Path:
    file = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", "")
    return file


def test_what_is_on_an_index_stays_as_it_is(carry: Carry) -> None:
    lines = ("numpy==2.0", "--extra-index-url https://example.org", "x @ https://example.org/x.whl")

    assert carry(*lines).requirements == lines


@pytest.mark.parametrize(
    ("line", "carried"),
    [
        ("{}", "one @ {}"),
        ("one @ {}", "one @ {}"),
        ("one[x] @ {} ; python_version > '3'", "one[x] @ {} ; python_version > '3'"),
    ],
)
def test_a_wheel_is_sent(carry: Carry, tmp_path: Path, line: str, carried: str) -> None:
    file = wheel(tmp_path)

    [told] = carry(line.format(file.as_uri())).requirements

    [kept] = (tmp_path / "ours" / "wheels").glob("*/one-1.0-py3-none-any.whl")
    there = Path("/there") / kept.relative_to(tmp_path / "ours")
    assert told == carried.format(there.as_uri())
    assert kept.read_bytes() == file.read_bytes()


def test_a_folder_becomes_a_wheel_of_what_it_is_now(carry: Carry, tmp_path: Path) -> None:
    project = write_package(tmp_path / "a folder" / "mine", "1")

    [first] = carry(f"-e {project.as_uri()}").requirements
    [same] = carry(f"mine[x] @ {project.as_uri()}").requirements
    write_package(project, "2")
    [other] = carry(f"-e {project.as_uri()}").requirements

    assert first.startswith("mine @ file:///there/wheels/")
    assert same == first.replace("mine @", "mine[x] @")
    assert other != first
    for line, value in ((first, "1"), (other, "2")):
        kept = tmp_path / "ours" / line.partition("/there/")[2]
        assert zipfile.ZipFile(kept).read("mine.py").decode() == f"VALUE = {value!r}\n"


def test_a_folder_that_is_no_package_says_so(carry: Carry, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(RuntimeError, match=r"No wheel can be built of .*empty:"):
        carry(f"-e {(tmp_path / 'empty').as_uri()}")
    assert not [path for path in (tmp_path / "ours" / "wheels").iterdir() if path.is_dir()]


def test_a_folder_with_wheels_is_sent(carry: Carry, tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    wheel(tmp_path / "house", "one")
    wheel(tmp_path / "house", "two")
    (tmp_path / "house" / "README").touch()

    told = carry(f"--find-links {(tmp_path / 'house').as_uri()}", "one").requirements

    kept = sorted((tmp_path / "ours" / "wheels").glob("*/*.whl"))
    there = {f"--find-links file:///there/wheels/{file.parent.name}" for file in kept}
    assert {*told} == there | {"one"}
    assert len(kept) == 2


def test_what_is_here_is_preferred_there_but_for_what_is_asked_for(carry: Carry) -> None:
    told = carry("pydantic==2.0.0", "zenml-acme @ https://example.org/x.whl")

    assert f"zenml=={version('zenml')}" in told.preferred
    assert not [line for line in told.preferred if line.startswith(("pydantic==", "zenml-acme"))]
    # Neither what lies here alone.
    assert not [line for line in told.preferred if "://" in line]


@pytest.mark.usefixtures("no_index")
def test_an_environment_is_built_there_of_what_lies_here(far: Far, tmp_path: Path) -> None:
    machine = RemoteMachine(far.session, tmp_path / "ours")
    packages = Packages((wheel_that_installs(tmp_path).as_uri(),), prefer_pip=True)

    python = machine.build(packages)

    assert python.is_relative_to(far.folder / "environments")
    told = subprocess.run([python, "-c", "import one; print(one.WORD)"], capture_output=True)
    assert told.stdout == b"1\n"
    assert machine.build(packages) == python


@pytest.fixture
def no_index(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip there ask nobody, and prefer nothing."""
    far.startup("export PIP_NO_INDEX=1\n")
    monkeypatch.setattr(carrying, "_installed_here", lambda _: ())


def wheel_that_installs(folder: Path) -> Path:
    file = folder / "one-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("one.py", "WORD = 1\n")
        info = "one-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        archive.writestr(f"{info}/RECORD", "")
    return file


def test_versions_that_cannot_be_had_there_are_left_out(
    far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far.startup("export PIP_NO_INDEX=1\n")
    monkeypatch.setattr(carrying, "_installed_here", lambda _: ("one==2.0", "other==1.0"))
    machine = RemoteMachine(far.session, tmp_path / "ours")

    python = machine.build(Packages((wheel_that_installs(tmp_path).as_uri(),), prefer_pip=True))

    assert os.access(python, os.X_OK)
    # The others still hold: pip would search through all that ever was.
    assert (python.parents[1] / "constraints.txt").read_text() == "other==1.0"
