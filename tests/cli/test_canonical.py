"""Every spelling of the template's own address is ours: nothing of it is fetched."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sop_new.create.result import Created
from sop_new.templates import history, source
from sop_new.templates.source import canonical_url, same_repository
from sop_new.update.result import Updated

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import git
from tests.cli.teams import TeamTemplate
from tests.cli.versions import Make, Versions, keep, newer
from tests.template.rendering import ANSWERS_FILE

SPELLINGS = (
    "gh:sop-new/sop-new",
    "gh:/sop-new/sop-new.git",
    "https://github.com/sop-new/sop-new",
    "https://github.com/sop-new/sop-new.git",
    "https://github.com/sop-new/sop-new/",
    "https://GitHub.com/sop-new/sop-new.git",
    "https://GitHub.com/Sop-New/sop-new",
    "https://somebody@github.com/sop-new/sop-new.git",
    "https://github.com:443/sop-new/sop-new.git",
    "git+https://github.com/sop-new/sop-new.git",
    "git+https://github.com/sop-new/sop-new",
    "git+ssh://git@github.com/sop-new/sop-new.git",
    "ssh://git@github.com/sop-new/sop-new.git",
    "ssh://git@github.com:22/sop-new/sop-new",
    "git@github.com:sop-new/sop-new.git",
    "git@github.com:sop-new/sop-new",
    "github.com:sop-new/sop-new.git",
    "git://github.com/sop-new/sop-new.git",
)

OTHERS = (
    "gh:sop-new/sop-new-fork",
    "gl:sop-new/sop-new",
    "https://github.com/fork/sop-new.git",
    "https://github.com.example.org/sop-new/sop-new.git",
    "git@git.example.org:sop-new/sop-new.git",
    "/github.com/sop-new/sop-new.git",
    "github.com/sop-new/sop-new.git",
)


@pytest.fixture
def packaged(
    sop_new: SopNew, versions: Versions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Lets the package be as a wheel has it, with the template's newest version; no network."""
    package = tmp_path / "package"
    package.mkdir()
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")

    def pack() -> None:
        bundle = str(package / source.BUNDLE)
        git(versions.folder, "bundle", "create", "--quiet", bundle, "HEAD")
        shutil.copy(versions.folder / "copier.yml", package)
        monkeypatch.setattr(source, "PACKAGE", package)

    return pack


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_spelling_is_told_for_what_it_is(spelling: str) -> None:
    assert same_repository(spelling, canonical_url())


@pytest.mark.parametrize("other", OTHERS)
def test_another_repository_is_none_of_ours(other: str) -> None:
    assert not same_repository(other, canonical_url())


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_template_of_any_spelling_is_there_without_a_network(
    packaged: Callable[[], None], spelling: str
) -> None:
    packaged()

    with history.of(spelling) as versions:
        assert "backend" in versions.at(versions.newest()).questions


@pytest.mark.parametrize("spelling", ["gh:sop-new/sop-new", "https://github.com/sop-new/sop-new"])
@pytest.mark.parametrize("installed", [True, False])
def test_what_copier_made_of_it_is_updated_and_keeps_its_spelling(
    packaged: Callable[[], None],
    versions: Versions,
    make: Make,
    sop_new: SopNew,
    monkeypatch: pytest.MonkeyPatch,
    spelling: str,
    installed: bool,
) -> None:
    project = make()
    answers = project / ANSWERS_FILE
    answers.write_text(answers.read_text().replace(str(versions.folder), spelling))
    keep(project)
    newer(versions)
    if installed:
        packaged()
    else:
        monkeypatch.setattr(source, "PACKAGE", versions.folder / "generator" / "sop_new")
        (versions.folder / "generator" / "sop_new").mkdir(parents=True)

    assert sop_new("update", project, "--check").status == 4
    ran = sop_new("update", project)

    assert ran.status == 0, ran.stderr
    assert (project / "zenml_acme" / "extra.py").exists()
    assert f"_src_path: {spelling}\n" in answers.read_text()
    keep(project)
    assert sop_new("update", project).stdout.startswith("Nothing to do")


@pytest.mark.parametrize(
    "spelling", ["gh:sop-new/sop-new", "ssh://git@GitHub.com/sop-new/sop-new/"]
)
def test_a_team_may_build_on_it_by_any_spelling(
    packaged: Callable[[], None],
    created: Callable[..., Created],
    sop_new: SopNew,
    versions: Versions,
    team: TeamTemplate,
    here: Path,
    spelling: str,
) -> None:
    packaged()
    created("zenml-acme", "--team", team.folder)
    project = keep(here / "zenml-acme")
    team.decide(base={"source": spelling})
    team.commit()
    newer(versions)
    packaged()

    ran = sop_new("update", project, "--json")

    assert ran.status == 0, ran.stdout
    told = Updated.model_validate_json(ran.stdout)
    assert told.newest == git(versions.folder, "describe", "--always", "HEAD").strip()
    keep(project)
    # The two spellings are of one repository, whose versions can be compared.
    assert sop_new("update", project, "--check").status == 0
    assert sop_new("update", project).stdout.startswith("Nothing to do")
