"""`sop-new update` of a project with a team: both templates move, and are merged once."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from sop_new.errors import Code
from sop_new.update.result import Checked, Updated

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import ANSWERS_FILE, REPOSITORY, failure, git, succeed
from tests.cli.teams import ENGINE, TEAM_ANSWERS, TeamTemplate
from tests.cli.versions import WAITING, Make, Versions, files, keep, newer

MakeWithTeam = Callable[..., Path]

CHANGES = "template/CHANGELOG.md.jinja"


@pytest.fixture
def team(tmp_path: Path, versions: Versions) -> TeamTemplate:
    """A team that builds on the newest version of a base of its own."""
    template = TeamTemplate(tmp_path / "acme")
    template.decide(base={"source": str(versions.folder)})
    template.commit()
    return template


@pytest.fixture
def make_with_team(sop_new: SopNew, team: TeamTemplate, here: Path) -> MakeWithTeam:
    """Makes a project of the newest versions, and commits it."""

    def make(name: str = "zenml-acme", **answers: str) -> Path:
        data = [part for key, value in answers.items() for part in ("-d", f"{key}={value}")]
        ran = sop_new(name, "--team", team.folder, "--defaults", *data)
        assert ran.status == 0, ran.stderr
        return keep(here / name)

    return make


def updated(sop_new: SopNew, *arguments: str | Path, status: int = 0) -> Updated:
    ran = sop_new("update", *arguments, "--json")
    assert ran.status == status, ran.stdout
    return Updated.model_validate_json(ran.stdout)


def both_move(versions: Versions, team: TeamTemplate) -> None:
    """New versions of both: the base changes, too, what the team replaces and what it doesn't."""
    newer(versions)
    versions.edit(CHANGES, "# Changelog", "# All changes")
    versions.commit()
    team.write("template/CHANGELOG.md", "# All changes of Acme\n\n## Unreleased\n")
    team.write(
        "template/{{ package_name }}/_core/lifecycle/waiting.py", '"""Waits as Acme does."""\n'
    )
    team.write(f"{ENGINE}/more.py", '"""More."""\n')
    (team.folder / "template" / "CODEOWNERS.jinja").unlink()
    team.commit()


@pytest.mark.parametrize("backend", ["docker", "acmeq"])
def test_a_project_that_nobody_edited_becomes_a_fresh_one_whatever_both_have_changed(
    make_with_team: MakeWithTeam,
    sop_new: SopNew,
    versions: Versions,
    team: TeamTemplate,
    here: Path,
    backend: str,
) -> None:
    project = make_with_team(backend=backend)
    both_move(versions, team)

    told = updated(sop_new, project)

    assert not told.conflicts
    project.rename(here / "updated")
    assert files(here / "updated") == files(make_with_team(backend=backend))


def test_three_versions_in_a_row(
    make_with_team: MakeWithTeam,
    sop_new: SopNew,
    versions: Versions,
    team: TeamTemplate,
    here: Path,
) -> None:
    project = make_with_team()
    waiting = project / "zenml_acme" / "_core" / "lifecycle" / "waiting.py"
    waiting.write_text(waiting.read_text().replace("return status\n", "return status  # mine\n"))
    keep(project)
    newer(versions)
    updated(sop_new, project)
    keep(project)
    team.write("template/CODEOWNERS.jinja", "* {{ owners }}\ndocs/ @acme/docs\n")
    team.commit()
    updated(sop_new, project)
    keep(project)
    versions.edit(WAITING, "class StepFailedError(", "class StepHasFailedError(")
    versions.commit()
    updated(sop_new, project)

    edited = waiting.read_text()
    assert "return status  # mine" in edited
    waiting.write_text(edited.replace("return status  # mine\n", "return status\n"))
    project.rename(here / "updated")
    assert files(here / "updated") == files(make_with_team())


def layers(told: Updated) -> Mapping[str, tuple[str, str | None]]:
    return {each.path: (each.change, each.layer) for each in told.files}


def test_each_change_and_each_conflict_names_its_layer(
    make_with_team: MakeWithTeam, sop_new: SopNew, versions: Versions, team: TeamTemplate
) -> None:
    project = make_with_team()
    (project / "CHANGELOG.md").write_text("# Mine\n")
    operator = project / "zenml_acme" / "_core" / "lifecycle" / "polling.py"
    operator.write_text('"""Mine."""\n')
    keep(project)
    polling = "template/{{ package_name }}/_core/lifecycle/polling.py"
    first = (versions.folder / polling).read_text().splitlines()[0]
    versions.edit(polling, first, '"""Asks."""')
    versions.edit(WAITING, '"""Waits for the end of a step."""', '"""Waits for a step\'s end."""')
    versions.commit()
    team.write("template/CHANGELOG.md", "# All changes of Acme\n")
    team.write("template/SECURITY.md", "# Security\n")
    team.commit()

    lines = sop_new("update", project, "--diff").stdout.splitlines()
    told = updated(sop_new, project, status=3)

    printed = [line.split() for line in lines]
    assert ["conflict", "team", "CHANGELOG.md"] in printed
    assert ["changed", "base", "zenml_acme/_core/lifecycle/waiting.py"] in printed
    assert any(line.startswith("The team's would go from ") for line in lines)
    assert layers(told) == {
        ANSWERS_FILE: ("changed", "base"),
        TEAM_ANSWERS: ("changed", "team"),
        "CHANGELOG.md": ("conflict", "team"),
        "SECURITY.md": ("added", "team"),
        "zenml_acme/_core/lifecycle/polling.py": ("conflict", "base"),
        "zenml_acme/_core/lifecycle/waiting.py": ("changed", "base"),
    }
    assert ">>>>>>> the team's\n" in (project / "CHANGELOG.md").read_text()
    assert ">>>>>>> the template's\n" in operator.read_text()


def test_a_check_looks_at_both(
    make_with_team: MakeWithTeam, sop_new: SopNew, versions: Versions, team: TeamTemplate
) -> None:
    def check(status: int) -> Checked:
        ran = sop_new("update", project, "--check", "--json")
        assert ran.status == status
        return Checked.model_validate_json(ran.stdout)

    project = make_with_team()
    assert not check(0).outdated
    team.commit()
    told = check(4)
    assert told.team
    assert told.team.version != told.team.newest
    assert told.version == told.newest
    updated(sop_new, project)
    keep(project)
    versions.edit(CHANGES, "# Changelog", "# All changes")
    versions.commit()
    told = check(4)
    assert told.version != told.newest


def test_the_base_moves_when_the_team_says_so(
    make_with_team: MakeWithTeam, sop_new: SopNew, versions: Versions, team: TeamTemplate
) -> None:
    first = git(versions.folder, "rev-parse", "HEAD").strip()
    team.decide(base={"source": str(versions.folder), "ref": first})
    team.commit()
    project = make_with_team()
    newer(versions)
    assert not updated(sop_new, project).files
    team.decide(base={"source": str(versions.folder)})
    team.commit()
    assert "zenml_acme/extra.py" in layers(updated(sop_new, project))


def test_a_base_that_goes_back_is_refused(
    make_with_team: MakeWithTeam, sop_new: SopNew, versions: Versions, team: TeamTemplate
) -> None:
    first = git(versions.folder, "rev-parse", "HEAD").strip()
    newer(versions)
    project = make_with_team()
    team.decide(base={"source": str(versions.folder), "ref": first})
    team.commit()
    told = failure(sop_new("update", project, "--json"), Code.VERSION_UNKNOWN)
    assert "does not follow" in told.message


def test_what_the_team_locks_later_is_changed_by_the_update(
    make_with_team: MakeWithTeam, sop_new: SopNew, team: TeamTemplate
) -> None:
    project = make_with_team(python_min="3.10")
    team.decide(locked={"license": "Proprietary", "ci": "gitlab", "python_min": "3.12"})
    team.commit()
    updated(sop_new, project)
    assert 'requires-python = ">=3.12"' in (project / "pyproject.toml").read_text()


def test_answers_of_both_can_be_changed_and_locked_ones_cannot(
    make_with_team: MakeWithTeam, sop_new: SopNew, versions: Versions, team: TeamTemplate
) -> None:
    project = make_with_team()
    newer(versions)
    # Locked from the next version on: at the one that the project has, it is free.
    team.decide(locked={"license": "MIT", "ci": "none"})
    team.commit()

    told = updated(sop_new, project, "-d", "owners=@acme/infra", "-d", "flavor=other")

    assert told.version == told.newest
    assert layers(told)["CODEOWNERS"] == ("changed", "team")
    assert (project / "CODEOWNERS").read_text() == "* @acme/infra\n"
    keep(project)
    ran = sop_new("update", project, "-d", "ci=github", "--json")
    assert "locked by Acme ML" in failure(ran, Code.ANSWER_LOCKED).message


def test_a_project_leaves_the_teams_backend_and_comes_back(
    make_with_team: MakeWithTeam, sop_new: SopNew, here: Path
) -> None:
    project = make_with_team("zenml-acme", backend="acmeq")
    before = files(project)
    updated(sop_new, project, "-d", "backend=docker")
    assert not (project / "zenml_acme" / "engine" / "queue.py").exists()
    assert (project / "zenml_acme" / "engine" / "container.py").exists()
    keep(project)
    updated(sop_new, project, "-d", "backend=acmeq")
    assert files(project) == before


def test_answers_of_the_team_that_were_edited_are_noticed(
    make_with_team: MakeWithTeam, sop_new: SopNew, team: TeamTemplate
) -> None:
    project = make_with_team()
    answers = project / TEAM_ANSWERS
    answers.write_text(answers.read_text().replace("@acme/ml", "@acme/me"))
    told = failure(sop_new("update", project, "--diff", "--json"), Code.ANSWERS_EDITED)
    assert TEAM_ANSWERS in told.message


def test_a_team_that_moves_to_a_base_of_its_own(
    make_with_team: MakeWithTeam,
    sop_new: SopNew,
    versions: Versions,
    team: TeamTemplate,
    tmp_path: Path,
) -> None:
    project = make_with_team()
    git(tmp_path, "clone", "--quiet", str(versions.folder), "fork")
    fork = tmp_path / "fork"
    (fork / "template" / "FORK.md").write_text("Ours.\n")
    git(fork, "add", "--all")
    git(fork, "commit", "--quiet", "--message", "Ours")
    team.decide(base={"source": str(fork)})
    team.commit()

    told = updated(sop_new, project)

    assert layers(told)["FORK.md"] == ("added", "base")
    assert yaml.safe_load((project / ANSWERS_FILE).read_text())["_src_path"] == str(fork)


def test_a_project_is_put_under_a_team(
    make_with_team: MakeWithTeam,
    make: Make,
    sop_new: SopNew,
    versions: Versions,
    team: TeamTemplate,
    here: Path,
) -> None:
    project = make(license="MIT")
    waiting = project / "zenml_acme" / "_core" / "lifecycle" / "waiting.py"
    waiting.write_text(waiting.read_text().replace("return status\n", "return status  # mine\n"))
    keep(project)
    newer(versions)

    ref = git(team.folder, "rev-parse", "--short", "HEAD").strip()
    team.write("template/DRAFT.md", "# Draft\n")
    team.commit()
    told = updated(sop_new, project, "--team", team.folder, "--ref", ref)

    assert told.team
    assert told.team.newest == ref
    assert (told.team.template, told.team.version) == (str(team.folder), None)
    assert layers(told)["CODEOWNERS"] == ("added", "team")
    assert layers(told)["zenml_acme/extra.py"] == ("added", "base")
    assert "return status  # mine" in waiting.read_text()
    assert "Proprietary" in (project / "pyproject.toml").read_text()
    waiting.write_text(waiting.read_text().replace("return status  # mine\n", "return status\n"))
    keep(project)
    told_again = failure(sop_new("update", project, "--team", team.folder, "--json"), Code.USAGE)
    assert "has the template" in told_again.message
    updated(sop_new, project)
    project.rename(here / "updated")
    assert files(here / "updated") == files(make_with_team(user_name=""))


def test_plain_copier_and_git_do_the_same_as_the_page_says(
    make_with_team: MakeWithTeam,
    sop_new: SopNew,
    versions: Versions,
    team: TeamTemplate,
    tmp_path: Path,
) -> None:
    page = (REPOSITORY / "docs" / "teams.md").read_text(encoding="utf-8")
    [script] = re.findall(r"^```sh\n(git switch templates\n.*?)^```$", page, re.M | re.S)
    project = make_with_team()
    git(project, "branch", "--move", "main")
    git(project, "branch", "templates")
    waiting = project / "zenml_acme" / "_core" / "lifecycle" / "waiting.py"
    waiting.write_text(waiting.read_text().replace("return status\n", "return status  # mine\n"))
    (project / "README.md").unlink()
    keep(project)
    other = tmp_path / "other" / project.name
    shutil.copytree(project, other)
    newer(versions)
    team.write("template/CHANGELOG.md", "# All changes of Acme\n\n## Unreleased\n")
    team.commit()

    updated(sop_new, project)
    who = {"NAME": "Test", "EMAIL": "test@example.org"}
    names = {f"GIT_{role}_{key}": who[key] for role in ("AUTHOR", "COMMITTER") for key in who}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    succeed("bash", "-e", "-c", script, folder=other, PATH=path, **names)

    assert files(project) == files(other)
    assert (
        "return status  # mine"
        in (other / "zenml_acme" / "_core" / "lifecycle" / "waiting.py").read_text()
    )
