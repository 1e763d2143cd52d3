"""A wheel creates a project, the next one updates it, and there is no network."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from sop_new.projects.git import git_setting
from sop_new.templates.source import canonical_url
from sop_new.update.result import Updated

from tests.cli.conftest import Shared, install
from tests.cli.sop_new_runs import git, program, run, succeed, uv
from tests.cli.teams import TeamTemplate
from tests.cli.versions import WAITING, files, keep
from tests.template.rendering import ANSWERS_FILE

NO_NETWORK = {
    "GIT_ALLOW_PROTOCOL": "file",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
}


@pytest.fixture(scope="session")
def checkout(shared: Shared, clone: Path) -> Path:
    """A clone without tags, with two releases since."""

    def make(folder: Path) -> None:
        git(folder, "clone", "--quiet", "--no-tags", str(clone), ".")
        release(folder, "77.0.0", "Waits till the end")
        release(folder, "77.1.0", "Waits until the end")

    return shared("checkout", make)


def release(checkout: Path, version: str, words: str) -> None:
    changelog, waiting = checkout / "CHANGELOG.md", checkout / WAITING
    head, below = "## Unreleased\n", f"\n## {version} - 2030-01-01\n"
    changelog.write_text(changelog.read_text().replace(head, head + below))
    waiting.write_text(re.sub("Waits .* the end", words, waiting.read_text(), count=1))
    git(checkout, "commit", "--quiet", "--all", "--message", f"Release {version}")


@pytest.fixture(scope="session")
def upgraded(shared: Shared, checkout: Path) -> Path:
    """The interpreter of an environment with the wheel of a newer version."""

    def make(folder: Path) -> None:
        succeed(uv(), "build", "--quiet", "--wheel", "--out-dir", folder, checkout, folder=folder)
        install(folder, folder / "environment")

    return shared("upgraded", make) / "environment" / "bin" / "python"


def test_an_upgraded_package_updates_what_the_older_one_made(
    installed: Path, upgraded: Path, here: Path
) -> None:
    succeed(*program(installed), "zenml-acme", "--defaults", folder=here, **NO_NETWORK)
    project = here / "zenml-acme"
    assert f"_src_path: {canonical_url()}\n" in (project / ANSWERS_FILE).read_text()
    edited = project / "zenml_acme" / "_core" / "lifecycle" / "waiting.py"
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


def test_a_team_needs_no_network_either(
    installed: Path, upgraded: Path, here: Path, tmp_path: Path
) -> None:
    team = TeamTemplate(tmp_path / "acme")
    variables = {**NO_NETWORK, "SOP_NEW_TEAM": str(team.folder)}
    succeed(*program(installed), "zenml-acme", "--defaults", folder=here, **variables)
    project = keep(here / "zenml-acme")
    team.write("template/CODEOWNERS.jinja", "* {{ owners }} @acme/everybody\n")
    team.commit()

    succeed(*program(upgraded), "update", project, folder=here, **NO_NETWORK)
    succeed(*program(upgraded), "fresh/zenml-acme", "--defaults", folder=here, **variables)

    assert "@acme/everybody" in (project / "CODEOWNERS").read_text()
    assert (
        "Waits until the end"
        in (project / "zenml_acme" / "_core" / "lifecycle" / "waiting.py").read_text()
    )
    assert files(project) == files(here / "fresh" / "zenml-acme")


def test_a_package_older_than_the_project_says_so(
    installed: Path, upgraded: Path, here: Path
) -> None:
    succeed(*program(upgraded), "zenml-acme", "--defaults", folder=here)
    project = keep(here / "zenml-acme")

    ran = run(*program(installed), "update", project, folder=here, **NO_NETWORK)

    assert ran.status == 2
    assert "newer than this sop-new" in ran.stderr
    assert not git(project, "status", "--porcelain")


def test_a_newer_package_comes_from_where_the_older_one_came_from(
    clone: Path, here: Path, tmp_path: Path
) -> None:
    source = tmp_path / "a fork"
    git(tmp_path, "clone", "--quiet", str(clone), str(source))
    python = tmp_path / "environment" / "bin" / "python"
    succeed(uv(), "venv", "--python", sys.executable, tmp_path / "environment", folder=tmp_path)
    address = f"git+{source.as_uri()}"
    succeed(uv(), "pip", "install", "--python", python, address, folder=tmp_path)
    succeed(*program(python), "zenml-acme", "--defaults", folder=here)
    release(source, "77.0.0", "Waits till the end")
    # As if a colleague, who has the newer one, had updated the project.
    answers = here / "zenml-acme" / ANSWERS_FILE
    answers.write_text(re.sub("_commit: .*", "_commit: v77.0.0", answers.read_text()))
    keep(here / "zenml-acme")

    refused = run(*program(python), "update", "zenml-acme", folder=here)
    _, _, command = refused.stderr.partition("newer than this sop-new; then: ")
    path = f"{Path(uv()).parent}{os.pathsep}{os.environ['PATH']}"
    succeed("sh", "-c", command, folder=here, PATH=path)

    assert refused.status == 2
    assert run(*program(python), "update", "--check", "zenml-acme", folder=here).status == 0


def test_releases_are_known_without_tags(
    upgraded: Path, checkout: Path, here: Path, tmp_path: Path
) -> None:
    tagged = tmp_path / "tagged"
    git(tmp_path, "clone", "--quiet", str(checkout), str(tagged))
    git(tagged, "tag", "v77.0.0", "HEAD~1")
    # Where the tags are, Copier finds them: it takes the canonical address to be there.
    canonical = git_setting(f"url.{tagged}.insteadOf", canonical_url())
    copier = upgraded.with_name("copier")
    source = ("--vcs-ref", "v77.0.0", canonical_url())
    options = ("--defaults", "--quiet")
    succeed(copier, "copy", *options, *source, "zenml-acme", folder=here, **canonical)
    project = keep(here / "zenml-acme")
    other = tmp_path / "other" / "zenml-acme"
    shutil.copytree(project, other)

    succeed(*program(upgraded), "update", project, folder=here, **NO_NETWORK)
    git(tagged, "tag", "v77.1.0")
    succeed(copier, "update", *options, folder=other, **canonical)
    succeed(*program(upgraded), "fresh/zenml-acme", "--defaults", folder=here, **NO_NETWORK)

    assert "_commit: v77.1.0\n" in (project / ANSWERS_FILE).read_text()
    assert files(project) == files(other) == files(here / "fresh" / "zenml-acme")
    assert git(checkout, "tag") == ""
