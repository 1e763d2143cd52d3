"""`--team`: a team's template over the base's, and what the team has decided."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from sop_new.create.result import Backends, Created
from sop_new.errors import Code
from sop_new.team.result import TeamShown

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import ANSWERS_FILE, contents, failure, git, without_source
from tests.cli.teams import TEAM_ANSWERS, TeamTemplate
from tests.cli.test_survey import terminal
from tests.teams.own_backend import copy_team, render_acmeq


def test_a_project_has_what_the_base_and_the_team_put_there(
    created: Callable[..., Created], team: TeamTemplate, here: Path
) -> None:
    made = created("zenml-acme", "--team", team.folder, "-d", "owners=@acme/infra")

    project = here / "zenml-acme"
    assert (project / "CODEOWNERS").read_text() == "* @acme/infra\n"
    assert (project / "CHANGELOG.md").read_text().startswith("# Changelog of Acme")
    assert (project / "zenml_acme" / "operator.py").is_file()
    assert not (project / "zenml_acme" / "engine" / "queue.py").exists()
    base = yaml.safe_load((project / ANSWERS_FILE).read_text())
    assert (base["license"], base["ci"], base["user_name"]) == ("Proprietary", "gitlab", "Acme")
    assert base["_src_path"].startswith("https://")
    noted = yaml.safe_load((project / TEAM_ANSWERS).read_text())
    assert noted.pop("_commit") == git(team.folder, "describe", "--always").strip()
    assert noted == {
        "_src_path": str(team.folder),
        "backend": "local",
        "owners": "@acme/infra",
    }
    assert made.team
    assert (made.team.name, made.team.template) == ("Acme ML", str(team.folder))
    assert made.answers["owners"] == "@acme/infra"


@pytest.mark.parametrize("given", ["-d", "--data-file"])
def test_a_locked_answer_stays_locked(
    sop_new: SopNew, team: TeamTemplate, here: Path, given: str
) -> None:
    (here / "answers.yml").write_text("ci: github\n")
    value = {"-d": "ci=github", "--data-file": "answers.yml"}[given]
    ran = sop_new("zenml-acme", "--team", team.folder, given, value, "--json")
    told = failure(ran, Code.ANSWER_LOCKED)
    assert "locked by Acme ML: it is gitlab, and not github" in told.message
    assert "#ml-platform" in told.hint
    assert not (here / "zenml-acme").exists()


def test_a_locked_answer_may_be_given_as_it_is(
    created: Callable[..., Created], team: TeamTemplate
) -> None:
    assert created("zenml-acme", "--team", team.folder, "-d", "ci=gitlab").answers["ci"] == "gitlab"


def test_a_default_of_the_team_may_be_overruled(
    created: Callable[..., Created], team: TeamTemplate, settings: Path
) -> None:
    settings.write_text("defaults: {user_name: Ada}\n")
    assert created("zenml-a", "--team", team.folder).answers["user_name"] == "Acme"
    made = created("zenml-b", "--team", team.folder, "-d", "user_name=Infra")
    assert made.answers["user_name"] == "Infra"


def test_the_team_is_named_by_the_option_the_variable_or_the_users_file(
    created: Callable[..., Created],
    team: TeamTemplate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def name(made: Created) -> str | None:
        return made.team.name if made.team else None

    other = TeamTemplate(tmp_path / "other")
    other.decide(name="Other")
    config = tmp_path / "config" / "sop-new" / "config.yml"
    config.parent.mkdir(parents=True)
    config.write_text("team: ../../other\n")
    assert name(created("zenml-a")) == "Other"
    monkeypatch.setenv("SOP_NEW_TEAM", str(team.folder))
    assert name(created("zenml-b")) == "Acme ML"
    assert name(created("zenml-c", "--team", other.folder)) == "Other"
    assert name(created("zenml-d", "--team", "")) is None
    monkeypatch.setenv("SOP_NEW_TEAM", "")
    assert name(created("zenml-e")) is None


def test_a_backend_of_the_teams_own(
    created: Callable[..., Created], sop_new: SopNew, team: TeamTemplate, here: Path
) -> None:
    listed = Backends.model_validate_json(
        sop_new("backends", "--team", team.folder, "--json").stdout
    )
    assert [each.name for each in listed.backends if each.team] == ["acmeq"]
    assert [each.name for each in listed.backends if each.default] == ["local"]

    made = created("zenml-acme", "--team", team.folder, "--backend", "acmeq")

    assert made.answers["backend"] == "acmeq"
    assert (here / "zenml-acme" / "zenml_acme" / "engine" / "queue.py").is_file()
    base = yaml.safe_load((here / "zenml-acme" / ANSWERS_FILE).read_text())
    assert (base["backend"], base["runtime"]) == ("blank", "host")


def test_a_backend_of_the_teams_own_may_be_the_default(
    created: Callable[..., Created], sop_new: SopNew, team: TeamTemplate
) -> None:
    team.decide(defaults={"backend": "acmeq"})
    listed = sop_new("backends", "--team", team.folder, "--json").stdout
    assert [
        each.name for each in Backends.model_validate_json(listed).backends if each.default
    ] == ["acmeq"]
    assert created("zenml-a", "--team", team.folder).answers["backend"] == "acmeq"
    made = created("zenml-b", "--team", team.folder, "--backend", "docker")
    assert made.answers["backend"] == "docker"


def test_what_the_user_or_the_project_prefers_stands_beside_a_teams_own_backend(
    created: Callable[..., Created], team: TeamTemplate, settings: Path
) -> None:
    settings.write_text("defaults: {backend: docker}\n")
    assert created("zenml-a", "--team", team.folder).answers["backend"] == "docker"
    created("zenml-b", "--team", team.folder, "--backend", "acmeq")
    again = created("zenml-b", "--team", team.folder, "--force")
    assert again.answers["backend"] == "acmeq"


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (["backend=acmq"], "acmq is none of acmeq, local,"),
        (["backend=acmeq", "runtime=image"], "acmeq has host alone"),
    ],
)
def test_a_backend_that_is_refused(
    sop_new: SopNew, team: TeamTemplate, answers: list[str], why: str
) -> None:
    data = [part for answer in answers for part in ("-d", answer)]
    ran = sop_new("zenml-acme", "--team", team.folder, *data, "--json")
    assert why in failure(ran, Code.ANSWER_INVALID).message


def test_a_terminal_asks_for_the_teams_own_backend_and_for_nothing_that_is_locked(
    here: Path, team: TeamTemplate
) -> None:
    given = ("description=x", "class_prefix=X", "user_name=", "user_email=", "flavor=x")
    data = [part for answer in given for part in ("-d", answer)]
    arguments = ("zenml-x", "--team", str(team.folder), "-d", "python_min=3.11", *data)
    with terminal(here, *arguments) as screen:
        screen.until("license = Proprietary, ci = gitlab")
        screen.until("Name of the project")
        screen.type("\r")
        screen.until("each step is a job of Acme's queue")
        screen.until("local")
        screen.type("\x1b[A\r")  # up: from local to acmeq
        screen.until("Who reviews changes")
        screen.type("\r")
        rest = screen.rest()
    assert "template of Acme ML" in rest
    assert "Licence" not in rest
    assert yaml.safe_load((here / "zenml-x" / TEAM_ANSWERS).read_text())["backend"] == "acmeq"


def test_show_tells_where_each_value_comes_from(
    sop_new: SopNew, team: TeamTemplate, settings: Path
) -> None:
    settings.write_text("defaults: {user_name: Ada, user_email: ada@example.org}\n")
    ran = sop_new("team", "show", team.folder, "--json")
    shown = TeamShown.model_validate_json(ran.stdout)
    values = {each.name: (each.value, each.origin) for each in shown.values}
    assert values["license"] == ("Proprietary", "locked")
    assert values["user_name"] == ("Acme", "team")
    assert values["user_email"] == ("ada@example.org", "settings")
    assert values["python_min"] == ("3.10", "base")
    assert values["flavor"] == (None, "base")
    assert values["owners"] == ("@acme/ml", "question")
    assert (shown.name, shown.contact, shown.backends) == ("Acme ML", "#ml-platform", ["acmeq"])
    assert not shown.pinned

    said = sop_new("team", "show", team.folder).stdout
    assert "locked by Acme ML" in said


def test_show_without_a_team_says_how_to_name_one(sop_new: SopNew) -> None:
    assert "SOP_NEW_TEAM" in failure(sop_new("team", "show", "--json"), Code.USAGE).hint


@pytest.mark.parametrize("backend", ["docker", "acmeq"])
def test_plain_copier_makes_the_same_project(
    created: Callable[..., Created],
    sop_new: SopNew,
    clone: Path,
    team: TeamTemplate,
    here: Path,
    backend: str,
) -> None:
    team.decide(base={"source": str(clone)}, defaults={"user_name": "Acme", "backend": backend})
    team.commit()
    shown = TeamShown.model_validate_json(sop_new("team", "show", team.folder, "--json").stdout)
    for line in shown.copier:
        copier, *rest = shlex.split(line)
        command = [str(Path(sys.executable).with_name(copier)), *rest, "--defaults", "--quiet"]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    (here / "zenml-acme").rename(here / "plain")
    created("zenml-acme", "--team", team.folder)
    assert contents(here / "zenml-acme") == contents(here / "plain")


def test_a_companys_queue_is_a_backend_like_any_other(
    created: Callable[..., Created], clone: Path, here: Path, tmp_path: Path
) -> None:
    acme = copy_team(tmp_path / "acme")
    created("zenml-acme", "--team", acme, "--backend", "acmeq")
    answers = {"user_name": "Acme", "license": "Proprietary", "ci": "none"}
    plain = render_acmeq(clone, acme, tmp_path / "zenml-acme", answers)
    assert without_source(contents(here / "zenml-acme")) == without_source(contents(plain))
