"""An owner follows the template over three versions, once with conflicts, and loses nothing."""

from __future__ import annotations

from pathlib import Path

from sop_new.update.result import Updated

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import git, run
from tests.cli.versions import WAITING, Make, Versions, keep
from tests.template.rendering import ANSWERS_FILE

CORE = "zenml_acme/_core/lifecycle"
BASE = "template/{{ package_name }}/_core/lifecycle"

EDITS = {
    "README.md": ("## Install\n", "## Install it here\n"),
    "pyproject.toml": ("[project]\n", "# Ours.\n[project]\n"),
    "zenml_acme/operator.py": ("from __future__", "# Ours, too.\nfrom __future__"),
    f"{CORE}/waiting.py": ("return status\n", "return status  # mine\n"),
    f"{CORE}/jobs.py": ('"""', '"""Ours: '),
}
RENAMED, GONE = (f"{CORE}/masking.py", f"{CORE}/hiding.py"), "CHANGELOG.md"


def edit(project: Path, name: str, old: str, new: str) -> None:
    text = (project / name).read_text()
    assert old in text, name
    (project / name).write_text(text.replace(old, new, 1))


def assert_that_nothing_is_lost(project: Path) -> None:
    for name, (_, new) in EDITS.items():
        assert new in (project / name).read_text(), name
    assert (project / RENAMED[1]).exists()
    assert not (project / RENAMED[0]).exists()
    assert not (project / GONE).exists()
    assert (project / "own.txt").read_text() == "mine\n"


def test_an_owner_with_edits_follows_the_template(
    versions: Versions, make: Make, sop_new: SopNew
) -> None:
    def version(name: str) -> None:
        versions.commit()
        git(versions.folder, "tag", name)

    git(versions.folder, "tag", "v1.0.0")
    project = make()
    for name, (old, new) in EDITS.items():
        edit(project, name, old, new)
    (project / RENAMED[0]).rename(project / RENAMED[1])
    (project / GONE).unlink()
    (project / "own.txt").write_text("mine\n")
    keep(project)

    # The first new version touches what was edited, renamed and deleted, elsewhere in each file.
    versions.edit(WAITING, '"""Waits for the end of a step."""', '"""Waits for a step\'s end."""')
    versions.edit(f"{BASE}/masking.py", '"""Keeps secrets out', '"""Holds secrets out')
    versions.edit("template/CHANGELOG.md.jinja", "# Changelog", "# All changes")
    versions.edit("template/README.md.jinja", "## Develop\n", "## Develop it\n")
    version("v1.1.0")
    # The second changes a line that was edited, too.
    versions.edit("template/README.md.jinja", "## Install\n", "## How to install\n")
    versions.edit(f"{BASE}/masking.py", '"""Holds secrets out', '"""Keeps all secrets out')
    version("v1.2.0")

    ran = sop_new("update", project, "--ref", "v1.1.0", "--json")
    assert ran.status == 0, ran.stdout
    assert_that_nothing_is_lost(project)
    assert '"""Waits for a step\'s end."""' in (project / f"{CORE}/waiting.py").read_text()
    assert '"""Holds secrets out' in (project / RENAMED[1]).read_text()
    assert "## Develop it\n" in (project / "README.md").read_text()
    keep(project)

    ran = sop_new("update", project, "--json")
    told = Updated.model_validate_json(ran.stdout)
    assert (ran.status, told.conflicts) == (3, ["README.md"])
    assert_that_nothing_is_lost(project)
    assert "## How to install\n" in (project / "README.md").read_text()
    assert git(project, "diff", "--name-only", "--diff-filter=U") == "README.md\n"
    assert "both modified:   README.md" in git(project, "status")
    assert sop_new("update", project, "--check").status == 3
    assert run("git", "commit", "-m", "Too early", folder=project).status != 0

    edit(project, "README.md", "<<<<<<< yours\n", "")
    edit(project, "README.md", "=======\n## How to install\n>>>>>>> the template's\n", "")
    git(project, "add", "README.md")
    git(project, "commit", "--quiet", "--message", "Follow the template")
    assert_that_nothing_is_lost(project)
    assert '"""Keeps all secrets out' in (project / RENAMED[1]).read_text()
    assert not git(project, "status", "--porcelain")

    # What was resolved is not asked again: not by the same version, and not by the next.
    assert sop_new("update", project).stdout.startswith("Nothing to do")
    versions.edit(WAITING, "class StepFailedError(", "class StepHasFailedError(")
    version("v1.3.0")
    ran = sop_new("update", project, "--json")
    told = Updated.model_validate_json(ran.stdout)
    assert (ran.status, told.version, told.newest) == (0, "v1.2.0", "v1.3.0")
    assert {file.path for file in told.files} == {ANSWERS_FILE, f"{CORE}/waiting.py"}
    assert_that_nothing_is_lost(project)
    assert not git(project, "diff", "--name-only", "--diff-filter=U")
    keep(project)
    assert sop_new("update", project, "--check").status == 0
