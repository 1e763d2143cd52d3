"""Environments that the installers of this machine build."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from zenml_acme._core.environment.packages.build import Packages, build_environment
from zenml_acme._core.environment.packages.distribution import requirement
from zenml_acme._core.environment.packages.installers import find_uv
from zenml_acme._core.environment.packages.wheel import pack_wheel

from tests.core.units.host.local_packages import write_package, write_wheel

PACKAGE = "zenml_acme"


@pytest.fixture(autouse=True)
def without_wheels_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables count more than files with settings."""
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)


def available_installers() -> list[str]:
    """Name the real installers that this machine has."""
    found = ["pip"] if importlib.util.find_spec("ensurepip") else []
    return found + (["uv"] if find_uv() else [])


def said_by(python: Path, code: str) -> str:
    done = subprocess.run((python, "-I", "-c", code), capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("installer", available_installers())
def test_an_environment_holds_what_was_asked_for_and_its_bytecode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installer: str
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    folder = tmp_path / "a folder with blanks"
    name = requirement().partition("==")[0]
    wheel = pack_wheel(folder).as_uri()
    wanted = Packages(
        (f"{name} @ {wheel}", requirement()),
        options=("--no-deps",),
        prefer_pip=installer == "pip",
    )

    python = build_environment(wanted, folder)

    [site] = python.parents[1].glob("lib/python*/site-packages")
    package = site / PACKAGE
    assert list(package.glob("_core/environment/__pycache__/bootstrap.*.pyc"))
    assert list(package.glob("engine/__pycache__/client.*.pyc"))
    show = f"import sys, {PACKAGE} as own; print(sys.prefix, own.__file__, sep='|')"
    done = subprocess.run([python, "-I", "-c", show], capture_output=True, text=True, check=True)
    prefix, file = done.stdout.strip().split("|")
    assert Path(prefix) == python.parents[1]
    assert Path(file).parent == package


@pytest.mark.skipif(not find_uv(), reason="uv alone remembers folders")
def test_the_code_of_a_folder_is_what_it_is_now(tmp_path: Path) -> None:
    lib = write_package(tmp_path / "mylib", "first")
    build_environment(Packages((str(lib),)), tmp_path)
    (lib / "mylib.py").write_text("VALUE = 'second'\n")

    python = build_environment(Packages((str(lib),)), tmp_path)

    assert said_by(python, "import mylib; print(mylib.VALUE)") == "second"


@pytest.mark.skipif(not find_uv(), reason="uv alone goes by its sources")
@pytest.mark.parametrize("need", ["inner", "inner @ file://{}/inner"])
def test_so_is_that_of_a_folder_that_it_needs(tmp_path: Path, need: str) -> None:
    more = '[tool.uv.sources]\ninner = { path = "../inner" }\n' if need == "inner" else ""
    inner = write_package(tmp_path / "inner", "first")
    outer = write_package(tmp_path / "outer", needs=need.format(tmp_path), more=more)
    environments = tmp_path / "environments"
    build_environment(Packages((str(outer),)), environments)
    (inner / "inner.py").write_text("VALUE = 'second'\n")

    python = build_environment(Packages((str(outer),)), environments)

    assert said_by(python, "import inner; print(inner.VALUE)") == "second"


@pytest.mark.skipif(not find_uv(), reason="uv alone goes by its workspaces")
def test_another_package_of_its_workspace_gets_this_one_as_it_is_here(tmp_path: Path) -> None:
    name = requirement().partition("==")[0]
    ours = f"[tool.uv.sources]\n{name} = {{workspace = true}}\n"
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.uv.workspace]\nmembers = ["user", "{PACKAGE}"]\n'
    )
    user = write_package(tmp_path / "user", "used", needs=name, more=ours)
    write_package(tmp_path / PACKAGE)
    wheel = write_wheel(tmp_path, name, "7.0")
    wanted = Packages((f"{name} @ {wheel.as_uri()}", f"-e {user.as_uri()}"), own_name=name)

    python = build_environment(wanted, tmp_path / "environments")

    show = f"import importlib.metadata, user; print(importlib.metadata.version('{name}'))"
    assert said_by(python, show) == "7.0"


@pytest.mark.parametrize("installer", available_installers())
def test_constraints_hold_and_the_settings_of_this_interpreters_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installer: str
) -> None:
    for version in ("1.0", "2.0"):
        write_wheel(tmp_path, "zz-some", version)
    settings = f"[install]\nno-index = true\nfind-links = {tmp_path}\n"
    (tmp_path / "pip.conf").write_text(settings)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    wanted = Packages(("zz-some",), constraints=("zz-some<2",), prefer_pip=installer == "pip")

    python = build_environment(wanted, tmp_path / "environments")

    show = "import importlib.metadata; print(importlib.metadata.version('zz-some'))"
    assert said_by(python, show) == "1.0"


@pytest.mark.skipif(not find_uv(), reason="pip goes by its own settings")
def test_uv_goes_by_the_settings_of_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_wheel(tmp_path, "zz-some", "1.0")
    settings = f"[global]\nno-index = yes\n[install]\nfind-links =\n    {tmp_path}\n"
    (tmp_path / "pip.conf").write_text(settings)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))

    assert build_environment(Packages(("zz-some",)), tmp_path / "environments").exists()
    with pytest.raises(RuntimeError, match=r"could not be built(.|\n)*six"):
        build_environment(Packages(("six",)), tmp_path / "environments")


def test_a_package_that_cannot_be_had_is_named_and_nothing_is_left(
    tmp_path: Path,
) -> None:
    absent = f"absent @ file://{tmp_path}/absent-1.0-py3-none-any.whl"

    with pytest.raises(RuntimeError, match=r"could not be built(.|\n)*absent"):
        build_environment(Packages((absent,)), tmp_path / "environments")

    [left] = (tmp_path / "environments").iterdir()
    assert left.suffix == ".lock"
