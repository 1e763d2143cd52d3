"""A wheel creates a project, the next one updates it, and there is no network."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from sop_new.template import canonical_url
from sop_new.updated import Updated

from tests.cli.sop_new_runs import git, program, run, succeed, uv
from tests.cli.versions import WAITING, keep
from tests.template.rendering import ANSWERS_FILE

NO_NETWORK = {
    "GIT_ALLOW_PROTOCOL": "file",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
}


@pytest.fixture
def upgraded(clone: Path, tmp_path: Path) -> Path:
    """The interpreter of an environment with the wheel of a newer version."""
    checkout = tmp_path / "checkout"
    shutil.copytree(clone, checkout)
    waiting = checkout / WAITING
    waiting.write_text(waiting.read_text().replace("Waits for the end", "Waits until the end"))
    git(checkout, "commit", "--quiet", "--all", "--message", "Another version")
    succeed(uv(), "build", "--quiet", "--wheel", "--out-dir", tmp_path, checkout, folder=tmp_path)
    [wheel] = tmp_path.glob("*.whl")
    environment = tmp_path / "environment"
    succeed(uv(), "venv", "--python", sys.executable, environment, folder=tmp_path)
    python = environment / "bin" / "python"
    succeed(uv(), "pip", "install", "--python", python, wheel, folder=tmp_path)
    return python


def test_an_upgraded_package_updates_what_the_older_one_made(
    installed: Path, upgraded: Path, here: Path
) -> None:
    succeed(*program(installed), "zenml-acme", "--defaults", folder=here, **NO_NETWORK)
    project = here / "zenml-acme"
    assert f"_src_path: {canonical_url()}\n" in (project / ANSWERS_FILE).read_text()
    edited = project / "zenml_acme" / "waiting.py"
    edited.write_text(edited.read_text().replace("return status\n", "return status  # mine\n"))
    keep(project)

    checked = run(*program(upgraded), "update", "--check", project, folder=here, **NO_NETWORK)
    options = ("update", project, "--json")
    told = succeed(*program(upgraded), *options, "--diff", folder=here, **NO_NETWORK)
    succeed(*program(upgraded), *options, folder=here, **NO_NETWORK)

    assert checked.status == 4
    text = edited.read_text()
    assert "Waits until the end" in text
    assert "return status  # mine" in text
    assert f"_src_path: {canonical_url()}\n" in (project / ANSWERS_FILE).read_text()
    git(project, "add", "--all")
    done = git(project, "diff", "--cached", "--find-renames", "--no-color", "HEAD")
    assert Updated.model_validate_json(told).diff == done


def test_a_package_older_than_the_project_says_so(
    installed: Path, upgraded: Path, here: Path
) -> None:
    succeed(*program(upgraded), "zenml-acme", "--defaults", folder=here)
    project = keep(here / "zenml-acme")

    ran = run(*program(installed), "update", project, folder=here, **NO_NETWORK)

    assert ran.status == 2
    assert "newer than this sop-new" in ran.stderr
    assert not git(project, "status", "--porcelain")
