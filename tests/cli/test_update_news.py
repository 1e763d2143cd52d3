"""What an update brings is told: questions that are new, and the changelog in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sop_new.create.result import Created
from sop_new.update.news import added
from sop_new.update.result import Checked, Updated

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import git
from tests.cli.teams import TeamTemplate
from tests.cli.versions import Make, Versions, keep

QUESTION = """
queue:
  type: str
  help: Which queue jobs go to
  default: batch
  choices: [batch, fast]
"""

OLD = """\
# Changelog

## Unreleased

### Added

- What has been there,
  for long.

## 1.0.0 - 2029-01-01

- The first release.
"""

NEW = """\
# Changelog

Words about it.

## Unreleased

### Changed

- What is new
  is told.

## [1.1.0] - 2030-01-01

### Added

* What has been there, for long.
* A question.

## 1.0.0 - 2029-01-01

- The first release.
"""


@pytest.fixture
def project(make: Make, versions: Versions) -> Path:
    """A project whose template has a new question and a changelog since."""
    (versions.folder / "CHANGELOG.md").write_text(OLD)
    versions.commit()
    project = make()
    (versions.folder / "CHANGELOG.md").write_text(NEW)
    questions = versions.folder / "copier.yml"
    questions.write_text(questions.read_text() + QUESTION)
    (versions.folder / "template" / "queue.txt.jinja").write_text("{{ queue }}\n")
    versions.commit()
    return project


def test_a_new_question_is_told_with_the_answer_that_was_taken(
    project: Path, sop_new: SopNew
) -> None:
    checked = sop_new("update", project, "--check", "--json").stdout
    shown = sop_new("update", project, "--diff").stdout
    told = Updated.model_validate_json(sop_new("update", project, "--diff", "--json").stdout)
    ran = sop_new("update", project)

    [question] = told.questions
    assert (question.name, question.answer) == ("queue", "batch")
    assert question.choices == ["batch", "fast"]
    assert "New question queue = batch; change it with -d queue=…" in ran.stdout
    assert "Which queue jobs go to" in ran.stdout
    keep(project)
    assert (project / "queue.txt").read_text() == "batch\n"
    # As it was advised, after the update and instead of it.
    assert sop_new("update", project, "-d", "queue=fast").status == 0
    assert (project / "queue.txt").read_text() == "fast\n"
    git(project, "reset", "--quiet", "--hard", "HEAD~1")
    newest = Checked.model_validate_json(checked).newest
    assert f"change it with -d queue=… --ref {newest}" in shown
    assert sop_new("update", project, "-d", "queue=fast", "--ref", newest).status == 0
    assert (project / "queue.txt").read_text() == "fast\n"


def test_an_answer_that_was_given_is_no_news(project: Path, sop_new: SopNew) -> None:
    newest = sop_new("update", project, "--check", "--json").stdout
    ref = Checked.model_validate_json(newest).newest
    ran = sop_new("update", project, "-d", "queue=fast", "--ref", ref, "--json")

    assert Updated.model_validate_json(ran.stdout).questions == []


def test_the_changelog_in_between_is_told(project: Path, sop_new: SopNew) -> None:
    checked = Checked.model_validate_json(sop_new("update", project, "--check", "--json").stdout)
    shown = sop_new("update", project, "--check").stdout
    told = Updated.model_validate_json(sop_new("update", project, "--json").stdout)

    assert told.changelog == checked.changelog
    assert [(entry.version, entry.kind, entry.text) for entry in told.changelog] == [
        ("Unreleased", "Changed", "What is new is told."),
        ("[1.1.0] - 2030-01-01", "Added", "A question."),
    ]
    assert "Unreleased of the template, changed:" in shown
    assert "- What is new is told." in shown
    assert "What has been there" not in shown
    keep(project)
    assert "What is new" not in sop_new("update", project, "--check").stdout


def test_a_team_has_a_changelog_too(
    created: Callable[..., Created], team: TeamTemplate, sop_new: SopNew, here: Path
) -> None:
    created("zenml-acme", "--team", team.folder)
    project = keep(here / "zenml-acme")
    team.write("CHANGELOG.md", NEW)
    questions = (team.folder / "copier.yml").read_text()
    team.write("copier.yml", f"{questions}\nreviewer:\n  type: str\n  default: nobody\n")
    team.commit()

    ran = sop_new("update", project, "--json")
    told = Updated.model_validate_json(ran.stdout)

    assert {entry.template for entry in told.changelog} == {"team"}
    assert [question.name for question in told.questions] == ["reviewer"]


def test_a_template_without_a_changelog_has_no_news(make: Make, sop_new: SopNew) -> None:
    project = make()

    assert (
        Checked.model_validate_json(
            sop_new("update", project, "--check", "--json").stdout
        ).changelog
        == []
    )


def test_a_changelog_of_no_form_is_read_as_it_is() -> None:
    [entry] = added("base", "", "## 2.0\n\nAll of it\nis new.\n\n# Else\n\nNot of a version.\n")

    assert (entry.version, entry.kind, entry.text) == ("2.0", "", "All of it is new.")
