"""What has to be installed for a step."""

from __future__ import annotations

import json
import os
from importlib.metadata import distribution, distributions
from pathlib import Path
from types import SimpleNamespace

import pytest
from zenml import __version__
from zenml.config.global_config import GlobalConfiguration
from zenml.enums import StoreType
from zenml.integrations.registry import integration_registry
from zenml.stack import Stack
from zenml.utils import source_utils
from zenml_acme._core.environment.packages.distribution import requirement
from zenml_acme._core.environment.packages.requirements import (
    Packages,
    line_for,
)

from tests.core.units.host.wishes import Want, split, want

__all__ = ["want"]

NAME = requirement().partition("==")[0]


def install(folder: Path, name: str, version: str, direct_url: str = "") -> None:
    """Make it look as if a distribution were installed in a folder."""
    information = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    information.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (information / "METADATA").write_text(metadata)
    if direct_url:
        (information / "direct_url.json").write_text(direct_url)


def test_a_step_that_asks_for_nothing_wants_no_environment(
    want: Want, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stack, "requirements", lambda _: {"zz-of-the-stack<2"})

    assert want() == Packages()


def test_listed_requirements_come_with_zenml_and_this_package(want: Want) -> None:
    others, own = split(want(requirements=["six==1.16.0", "attrs"]))

    assert others == ["six==1.16.0", "attrs"]
    assert own.startswith(f"{NAME} @ file:///")


def test_a_requirements_file_lies_where_zenml_looks_for_it(
    want: Want, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = "# a comment\n\nsix==1.16.0 \\\n    --hash=sha256:0123\nattrs  # why\n"
    (tmp_path / "wanted.txt").write_text(written)
    monkeypatch.chdir(tmp_path)

    others, _ = split(want(requirements="wanted.txt"))

    assert [" ".join(line.split()) for line in others] == [
        "six==1.16.0 --hash=sha256:0123",
        "attrs # why",
    ]


def test_required_integrations_are_installed(want: Want) -> None:
    others, _ = split(want(required_integrations=["sklearn"]))

    needed = integration_registry.select_integration_requirements("sklearn")
    assert needed
    assert set(others) == set(needed)


def test_what_the_stack_requires_is_installed_unless_the_step_says_no(
    want: Want, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stack, "requirements", lambda _: {"zz-of-the-stack<2"})

    with_it, _ = split(want(requirements=["six"]))
    without, _ = split(want(requirements=["six"], install_stack_requirements=False))

    assert with_it == ["six", "zz-of-the-stack<2"]
    assert without == ["six"]


def test_another_plugin_of_the_stack_is_taken_from_where_it_came(
    want: Want, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = '{"url": "file:///some/checkout", "dir_info": {"editable": true}}'
    install(tmp_path / "site", "zz-plugin", "2.0", origin)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(Stack, "requirements", lambda _: {"zz-plugin==2.0"})

    others, _ = split(want(requirements=["six"]))

    assert others == ["six", "-e file:///some/checkout", "zz-plugin==2.0"]


def test_the_local_environment_is_replicated_with_this_package_as_a_wheel(
    want: Want,
) -> None:
    own, *others = want(replicate_local_python_environment=True).requirements

    assert f"pytest=={pytest.__version__}" in others
    assert len(others) > len({found.name for found in distributions()}) / 2
    assert not [line for line in others if line.startswith("pip==")]
    assert own.startswith(f"{NAME} @ file:///")
    assert own.endswith(".whl")
    origin = line_for(distribution(NAME))
    assert "://" not in origin or origin not in others


def test_only_a_command_of_its_own_replicates_otherwise(want: Want) -> None:
    others, _ = split(want(replicate_local_python_environment=["echo", "six"]))

    assert others == ["six"]


def test_what_is_asked_for_wins_over_what_is_replicated(
    want: Want, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", "zz_own", "1.0")
    monkeypatch.syspath_prepend(tmp_path / "site")

    wanted = want(replicate_local_python_environment=True, requirements=["zz-own>=2"])

    assert "zz-own>=2" in wanted.requirements
    assert "zz_own==1.0" not in wanted.requirements


def test_a_pyproject_is_exported_also_in_a_folder_with_blanks(
    want: Want, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "with a blank"
    home.mkdir()
    (home / "pyproject.toml").touch()
    (home / "exported").write_text("six==1.16.0\n")
    tool = tmp_path / "bin" / "uv"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\nexec cat "${3#--directory=}/exported"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")

    others, _ = split(want(pyproject_path=str(home / "pyproject.toml")))

    assert others == ["six==1.16.0"]


def test_a_pyproject_is_exported_by_the_command_that_is_given(want: Want, tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.touch()
    command = ["echo", "six==1.16.0"]

    others, _ = split(want(pyproject_path=str(pyproject), pyproject_export_command=command))

    assert others == ["six==1.16.0"]


def test_files_in_the_source_root_count_if_the_step_says_so(want: Want, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six==1.16.0")
    before = source_utils.get_source_root()
    source_utils.set_custom_source_root(str(tmp_path))
    try:
        others, _ = split(want(disable_automatic_requirements_detection=False))
        assert want() == Packages()
    finally:
        source_utils.set_custom_source_root(before)

    assert others == ["six==1.16.0"]


@pytest.mark.parametrize(
    "line",
    [
        f"{NAME} @ file:///elsewhere/any.whl",
        f"{NAME.upper().replace('-', '_')} @ git+https://host/any.git@main",
        f"-e git+https://host/any.git@main#egg={NAME.replace('-', '_')}",
    ],
)
def test_this_package_is_taken_from_here_and_nowhere_else(want: Want, line: str) -> None:
    others, own = split(want(requirements=["six", line]))

    assert others == ["six"]
    assert own.startswith(f"{NAME} @ file:///")


@pytest.mark.parametrize("spelling", ["-e {}", "--editable={}", "{}", "-e file://{}"])
def test_the_checkout_of_this_package_gives_way_to_its_wheel(
    want: Want, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    checkout = tmp_path / "checkout"
    origin = {"url": checkout.as_uri(), "dir_info": {"editable": True}}
    version = requirement().partition("==")[2]
    install(tmp_path / "site", NAME, version, json.dumps(origin))
    monkeypatch.syspath_prepend(tmp_path / "site")

    others, _ = split(want(requirements=["six", spelling.format(checkout)]))

    assert others == ["six"]


@pytest.mark.parametrize(
    "line",
    ["-r other.txt", "-cother.txt", "--constraint x", "-e .", "../lib", "libs/own"],
)
def test_a_requirement_that_leads_to_another_file_is_refused(want: Want, line: str) -> None:
    with pytest.raises(RuntimeError, match="leads to another file"):
        want(requirements=["six", line])


def test_zenml_comes_without_a_database_where_a_server_has_it(
    want: Want, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = SimpleNamespace(type=StoreType.REST)
    monkeypatch.setattr(GlobalConfiguration, "store_configuration", server)

    assert f"zenml=={__version__}" in want(requirements=["six"]).requirements


def test_the_installer_gets_its_arguments_and_variables(want: Want) -> None:
    wanted = want(
        requirements=["six"],
        python_package_installer="pip",
        python_package_installer_args={"no-deps": None, "timeout": 7},
        environment={"CMAKE_ARGS": "-DX=1", "NUMBER": 3},
    )

    assert wanted.options == ("--no-deps", "--timeout=7")
    assert wanted.variables == {"CMAKE_ARGS": "-DX=1", "NUMBER": "3"}
    assert wanted.prefer_pip


def test_uv_is_preferred_unless_the_step_wants_pip(want: Want) -> None:
    assert not want(requirements=["six"]).prefer_pip
    assert not want(requirements=["six"], python_package_installer="uv").prefer_pip


def test_passwords_in_what_is_wanted_are_not_shown(want: Want) -> None:
    wanted = want(
        requirements=["--index-url https://me:canary@host/simple", "six"],
        python_package_installer_args={"extra-index-url": "https://me:canary@host"},
        environment={"TOKEN": "canary"},
    )

    assert "canary" not in repr(wanted)
