"""This package as a wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
import zenml_acme
from zenml_acme._core.environment.packages import distribution as own
from zenml_acme._core.environment.packages.wheel import pack_wheel

PACKAGE = Path(zenml_acme.__file__).parent


def test_a_wheel_holds_the_package_as_it_is_now(tmp_path: Path) -> None:
    with zipfile.ZipFile(pack_wheel(tmp_path)) as wheel:
        for path in PACKAGE.rglob("*.py"):
            name = path.relative_to(PACKAGE.parent).as_posix()
            assert wheel.read(name) == path.read_bytes()
        assert f"{PACKAGE.name}/py.typed" in wheel.namelist()
        assert not [name for name in wheel.namelist() if "__pycache__" in name]


def test_the_wheel_is_one_that_installers_take(tmp_path: Path) -> None:
    wheel = pack_wheel(tmp_path)
    target = tmp_path / "installed"
    # This environment need not have a pip: one that uv made has none.
    subprocess.run((sys.executable, "-m", "venv", tmp_path / "other"), check=True)
    pip = (tmp_path / "other" / "bin" / "python", "-m", "pip")
    subprocess.run((*pip, "install", "--no-deps", "--target", target, wheel), check=True)

    [information] = target.glob("*.dist-info")
    installed = distribution(own.requirement().partition("==")[0])
    metadata = (information / "METADATA").read_text(encoding="utf-8")
    assert metadata == installed.read_text("METADATA")
    assert (target / PACKAGE.name / "operator.py").exists()


def test_what_has_not_changed_is_packed_once(tmp_path: Path) -> None:
    first = pack_wheel(tmp_path)
    written = first.stat().st_mtime_ns

    assert pack_wheel(tmp_path) == first
    assert first.stat().st_mtime_ns == written
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [first]


def test_the_date_of_its_folder_tells_when_a_wheel_was_used(tmp_path: Path) -> None:
    folder = pack_wheel(tmp_path).parent
    os.utime(folder, (0, 0))

    pack_wheel(tmp_path)

    assert folder.stat().st_mtime > time.time() - 60


def test_another_state_of_the_package_is_another_wheel_with_the_same_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, changed)
    first = pack_wheel(tmp_path)
    monkeypatch.setattr(own, "PACKAGE", changed)
    assert pack_wheel(tmp_path) == first
    (changed / "flavor.py").write_text("changed = True\n")

    second = pack_wheel(tmp_path)

    assert second != first
    assert second.name == first.name
