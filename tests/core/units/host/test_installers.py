"""What the installer of packages is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from zenml_acme._core.environment.packages.installers import (
    find_uv,
    pip_variables,
    uv_variables,
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any configuration of installers."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_uv_takes_packages_from_the_indexes_that_pip_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://host/a")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://host/b https://host/c")
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels https://host/d")

    told = uv_variables({}, home)

    assert told["UV_INDEX_URL"] == "https://host/a"
    assert told["UV_EXTRA_INDEX_URL"] == "https://host/b https://host/c"
    assert told["UV_FIND_LINKS"] == "/wheels,https://host/d"
    assert told["UV_INDEX_STRATEGY"] == "unsafe-best-match"


@pytest.mark.parametrize("place", [".config/pip/pip.conf", ".pip/pip.conf"])
def test_uv_takes_packages_from_the_index_of_pips_configuration(home: Path, place: str) -> None:
    (home / place).parent.mkdir(parents=True)
    (home / place).write_text("[global]\nindex-url = https://me:p%40ss@host/simple\n")

    assert uv_variables({}, home)["UV_INDEX_URL"] == "https://me:p%40ss@host/simple"
    switched_off = {"PIP_CONFIG_FILE": os.devnull}
    assert "UV_INDEX_URL" not in uv_variables(switched_off, home)


def test_a_broken_configuration_of_pip_is_no_business_of_uv(home: Path) -> None:
    (home / ".pip").mkdir()
    (home / ".pip" / "pip.conf").write_text("no section")

    assert "UV_COMPILE_BYTECODE" in uv_variables({}, home)


def test_what_uv_itself_is_told_counts_more(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://host/pip")
    monkeypatch.setenv("UV_INDEX_URL", "https://host/uv")

    assert uv_variables({}, home)["UV_INDEX_URL"] == "https://host/uv"
    chosen = uv_variables({"UV_INDEX_URL": "https://host/step"}, home)
    assert chosen["UV_INDEX_URL"] == "https://host/step"


def test_uv_keeps_its_cache_where_it_can_write(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "UV_CACHE_DIR" not in uv_variables({}, home)

    monkeypatch.setattr(os, "access", lambda *_: False)

    assert uv_variables({}, home)["UV_CACHE_DIR"] == str(home / ".uv-cache")


def test_what_is_set_for_this_interpreter_is_not_for_the_new_one(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("PIP_USER", "1")

    for told in (
        uv_variables({"PYTHONDONTWRITEBYTECODE": "1"}, home),
        pip_variables({"PYTHONDONTWRITEBYTECODE": "1"}),
    ):
        assert not [name for name in told if name.startswith("PYTHON")]
        assert "PIP_TARGET" not in told
    assert pip_variables({})["PIP_USER"] == "0"


def test_uv_is_found_on_the_path(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "uv").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.setattr("sys.executable", "/nowhere/python")

    assert find_uv() == str(home / "uv")
