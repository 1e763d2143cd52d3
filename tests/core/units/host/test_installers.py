"""What the installer of packages is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from zenml_acme._core.environment.packages.installers import (
    find_uv,
    pip_variables,
    uv_lines,
    uv_variables,
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any configuration of installers."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
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


PIPS_SETTINGS = [
    ("trusted-host", "host-a\n    host-b:8080", {"UV_INSECURE_HOST": "host-a host-b:8080"}),
    ("cert", "/with a blank/ca.pem", {"SSL_CERT_FILE": "/with a blank/ca.pem"}),
    ("cert", "/usr", {"SSL_CERT_DIR": "/usr"}),
    ("client-cert", "~/own.pem", {"SSL_CLIENT_CERT": "{home}/own.pem"}),
    ("timeout", "60", {"UV_HTTP_TIMEOUT": "60"}),
    ("default-timeout", "2.5", {"UV_HTTP_TIMEOUT": "3"}),
    ("retries", "7", {"UV_HTTP_RETRIES": "7"}),
    ("constraint", "/a.txt /b.txt", {"UV_CONSTRAINT": "/a.txt /b.txt"}),
    ("build-constraint", "/a.txt", {"UV_BUILD_CONSTRAINT": "/a.txt"}),
    ("keyring-provider", "import", {"UV_KEYRING_PROVIDER": "subprocess"}),
    ("pre", "true", {"UV_PRERELEASE": "allow"}),
    (
        "proxy",
        "me:secret@host:3128",
        dict.fromkeys(
            ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"),
            "http://me:secret@host:3128",
        ),
    ),
]


@pytest.mark.parametrize("by_variable", [True, False])
@pytest.mark.parametrize(("name", "value", "told"), PIPS_SETTINGS)
def test_uv_goes_by_what_pip_is_told(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    by_variable: bool,
    name: str,
    value: str,
    told: dict[str, str],
) -> None:
    for variable in told:
        monkeypatch.setenv(variable.replace("UV_", "NOT_UV_"), "for others")
    if by_variable:
        monkeypatch.setenv(f"PIP_{name.upper().replace('-', '_')}", value)
    else:
        (home / ".pip").mkdir()
        (home / ".pip" / "pip.conf").write_text(f"[global]\n{name} = {value}\n")

    for variable, meant in told.items():
        assert uv_variables({}, home)[variable] == meant.format(home=home)


@pytest.mark.parametrize(
    ("name", "value", "lines"),
    [
        ("NO_INDEX", "1", ["--no-index"]),
        ("NO_INDEX", "off", []),
        ("NO_BINARY", "six,attrs", ["--no-binary six", "--no-binary attrs"]),
        ("ONLY_BINARY", ":all:", ["--only-binary :all:"]),
    ],
)
def test_what_uv_has_no_variable_for_are_lines(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, lines: list[str]
) -> None:
    monkeypatch.setenv(f"PIP_{name}", value)

    assert uv_lines({}) == lines


def test_what_uv_cannot_go_by_is_said(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PIP_NO_INPUT", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "https://host/simple")
    uv_lines({})
    assert not caplog.records

    monkeypatch.setenv("PIP_NO_DEPS", "canary")
    uv_lines({"PIP_REQUIRE_HASHES": "1"})

    assert "settings of pip: no-deps, require-hashes" in caplog.text
    assert "canary" not in caplog.text


def test_what_is_closer_to_pip_counts_more(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_DIRS", f"{home}/first{os.pathsep}{home}/second")
    monkeypatch.setattr("sys.prefix", str(home / "env"))
    said = []

    for place in (
        "first/pip/pip.conf",
        "second/pip/pip.conf",
        ".pip/pip.conf",
        ".config/pip/pip.conf",
        "env/pip.conf",
    ):
        (home / place).parent.mkdir(parents=True, exist_ok=True)
        (home / place).write_text(f"[global]\nindex_url = {place}\n")
        said.append(uv_variables({}, home)["UV_INDEX_URL"] == place)
    (home / "first/pip/pip.conf").write_text("[install]\nindex-url = for this command\n")
    said.append(uv_variables({}, home)["UV_INDEX_URL"] == "for this command")

    assert said == [True] * 6


def test_a_file_that_is_named_takes_the_place_of_the_users(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".pip").mkdir()
    (home / ".pip" / "pip.conf").write_text("[global]\nindex-url = mine\n")
    (home / "named").write_text("[global]\ntimeout = 7\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(home / "named"))

    told = uv_variables({}, home)

    assert told["UV_HTTP_TIMEOUT"] == "7"
    assert "UV_INDEX_URL" not in told


def test_a_broken_configuration_of_pip_is_no_business_of_uv(home: Path) -> None:
    (home / ".pip").mkdir()
    (home / ".pip" / "pip.conf").write_text("no section")

    (home / "xdg" / "pip").mkdir(parents=True)
    (home / "xdg" / "pip" / "pip.conf").write_text("[global]\nindex-url = of all")

    assert "UV_COMPILE_BYTECODE" in uv_variables({}, home)
    assert uv_variables({}, home)["UV_INDEX_URL"] == "of all"


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
