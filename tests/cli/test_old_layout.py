"""Projects from before `_core/` move along: what is untouched, and what its owner has changed."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import REPOSITORY, git
from tests.cli.teams import TeamTemplate
from tests.cli.versions import files, keep
from tests.template.rendering import ANSWERS_FILE, render

CORE = "template/{{ package_name }}/_core/__init__.py"
"""The file with which the division of a project began."""


@cache
def last_undivided() -> str:
    added = ("--diff-filter=A", "--format=%H", "--reverse")
    [first, *_] = git(REPOSITORY, "log", *added, "HEAD", "--", CORE).split()
    return git(REPOSITORY, "rev-parse", f"{first}^").strip()


def its_backends() -> list[str]:
    """Those that there were by then."""
    text = git(REPOSITORY, "show", f"{last_undivided()}:copier.yml")
    backends: list[str] = yaml.safe_load(text)["backend"]["choices"]
    return backends


@pytest.fixture(scope="session")
def undivided() -> str:
    """The last commit of the template before it."""
    return last_undivided()


@pytest.fixture
def old(clone: Path, here: Path, undivided: str) -> Path:
    """Where a project of the old layout is to be."""
    return here / "zenml-acme"


@pytest.mark.parametrize("backend", its_backends())
def test_an_untouched_project_becomes_a_fresh_one(
    clone: Path, old: Path, undivided: str, sop_new: SopNew, tmp_path: Path, backend: str
) -> None:
    project = keep(render(clone, old, {"backend": backend}, ref=undivided))
    assert (project / "zenml_acme" / "waiting.py").is_file()

    ran = sop_new("update", project)

    assert ran.status == 0, ran.stdout + ran.stderr
    fresh = render(clone, tmp_path / "fresh" / "zenml-acme", {"backend": backend})
    assert (project / ANSWERS_FILE).read_text() == (fresh / ANSWERS_FILE).read_text()
    assert files(project) == files(fresh)


def test_an_untouched_project_of_a_team_becomes_a_fresh_one(
    clone: Path, old: Path, undivided: str, sop_new: SopNew, team: TeamTemplate
) -> None:
    arguments = ("--team", team.folder, "--defaults", "-d", "backend=acmeq")
    team.decide(base={"source": str(clone), "ref": undivided})
    team.commit()
    assert sop_new(old.name, *arguments).status == 0
    keep(old)
    assert (old / "zenml_acme" / "waiting.py").is_file()
    team.decide(base={"source": str(clone)})
    team.commit()

    ran = sop_new("update", old)

    assert ran.status == 0, ran.stdout + ran.stderr
    old.rename(old.with_name("updated"))
    assert sop_new(old.name, *arguments).status == 0
    assert files(old.with_name("updated")) == files(old)


def test_plain_copier_moves_an_untouched_project_and_forgets_edits_of_what_has_moved(
    clone: Path, old: Path, undivided: str, tmp_path: Path
) -> None:
    project = render(clone, old, {}, ref=undivided)
    waiting = project / "zenml_acme" / "waiting.py"
    waiting.write_text(waiting.read_text().replace("return status", "return status  # mine"))
    keep(project)

    copier = Path(sys.executable).with_name("copier")
    command = [str(copier), "update", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    subprocess.run(command, cwd=project, check=True, capture_output=True)

    fresh = render(clone, tmp_path / "fresh" / "zenml-acme", {})
    assert files(project) == files(fresh)
    assert "# mine" in git(project, "show", "HEAD:zenml_acme/waiting.py")


def test_edits_are_kept_where_the_files_are_now(
    clone: Path, old: Path, undivided: str, sop_new: SopNew
) -> None:
    project = keep(render(clone, old, {"backend": "slurm"}, ref=undivided))
    package = project / "zenml_acme"
    moved = {
        "waiting.py": ("_core/lifecycle/waiting.py", "random.uniform(0.8, 1))"),
        "judging.py": ("_core/lifecycle/reconciling.py", "LOG_LINES = 50"),
        "engine/client.py": ("engine/client.py", "PATIENCE_SECONDS = 300"),
    }
    for name, (_, code) in moved.items():
        text = (package / name).read_text()
        assert text.count(code) == 1
        (package / name).write_text(text.replace(code, f"{code}  # mine"))
    keep(project)

    told = json.loads(sop_new("update", project, "--json").stdout)

    assert told["conflicts"] == []
    for name, (now, _) in moved.items():
        assert "  # mine\n" in (package / now).read_text(), now
        assert name == now or not (package / name).exists()


def test_an_edit_of_what_is_rewritten_stays_where_it_is_and_is_named(
    clone: Path, old: Path, undivided: str, sop_new: SopNew
) -> None:
    project = keep(render(clone, old, {"backend": "slurm"}, ref=undivided))
    packages = project / "zenml_acme" / "packages.py"
    packages.write_text(packages.read_text() + "# mine\n")
    keep(project)

    told = sop_new("update", project)

    assert told.status == 0
    said = " ".join(told.stdout.split())
    assert "what may not be used now: zenml_acme/packages.py." in said
    assert packages.read_text().endswith("# mine\n")


def test_an_engine_that_was_filled_in_shows_what_the_port_is_now(
    clone: Path, old: Path, undivided: str, sop_new: SopNew
) -> None:
    project = keep(render(clone, old, {"backend": "blank"}, ref=undivided))
    client = project / "zenml_acme" / "engine" / "client.py"
    client.write_text(client.read_text().replace('_not_written("cancel")', "self.ended = name"))
    keep(project)

    told = json.loads(sop_new("update", project, "--json").stdout)

    # Its methods take and promise something else: nobody but its owner can move it.
    assert told["conflicts"] == ["zenml_acme/engine/client.py"]
    text = client.read_text()
    assert "self.ended = name" in text
    assert "def cancel(self, jobs: Sequence[Handle], force: bool = False) -> None:" in text
    assert "from .._core.engine import " in text
