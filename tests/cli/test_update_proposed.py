"""A project's CI proposes an update: a pull request on GitHub, a merge request on GitLab."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from jinja2 import Environment, FileSystemLoader
from sop_new.projects.git import git_setting

from tests.cli.sop_new_runs import Ran, git, run
from tests.cli.versions import Make, Versions, keep, newer

TOKEN = "glpat-secret"

GH = """\
#!/bin/sh
echo "$@" >> "$GH_LOG"
case "$1 $2" in
    "pr list") grep -c "^pr create" "$GH_LOG" || true ;;
    "pr create") cat > "$GH_LOG.body" ;;
esac
"""

HOOK = """\
#!/bin/sh
env | grep ^GIT_PUSH_OPTION_ | sort >> {log}
"""


class Forge:
    """A server with a project's repository, and a runner of the project's own CI."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.project = project
        self.folder = folder
        self.log = folder / "log"
        self.origin = folder / "origin.git"
        git(project, "branch", "--move", "--force", "main")
        git(folder, "clone", "--quiet", "--bare", str(project), str(self.origin))
        git(self.origin, "config", "receive.advertisePushOptions", "true")
        hook = self.origin / "hooks" / "post-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(HOOK.format(log=self.log))
        gh = folder / "bin" / "gh"
        gh.parent.mkdir()
        gh.write_text(GH)
        for program in (hook, gh):
            program.chmod(0o755)

    def run(self, token: str = TOKEN) -> Ran:
        """Run the scheduled job on a fresh clone, as a runner does, without the installation."""
        clone = self.folder / "clone"
        shutil.rmtree(clone, ignore_errors=True)
        options = ("--quiet", "--depth=1", "--branch=main")
        git(self.folder, "clone", *options, self.origin.as_uri(), str(clone))
        here = os.pathsep.join((str(self.folder / "bin"), str(Path(sys.executable).parent)))
        variables = {
            "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
            **{"GH_LOG": str(self.log), "RUNNER_TEMP": str(self.folder)},
            **{"CI_DEFAULT_BRANCH": "main", "UPDATE_TOKEN": token},
            "CI_PROJECT_URL": str(self.origin.with_suffix("")),
            **{"GITLAB_USER_NAME": "Ada", "GITLAB_USER_EMAIL": "ada@example.org"},
        }
        ran = Ran(0, "", "")
        for script in self.scripts(clone):
            ran = run("bash", "-e", "-c", script, folder=clone, **variables)
            if ran.status:
                break
        return ran

    def scripts(self, clone: Path) -> list[str]:
        """GitHub has a shell for each step, GitLab one for all lines."""
        workflow = clone / ".github" / "workflows" / "update.yml"
        if workflow.exists():
            [job] = yaml.safe_load(workflow.read_text())["jobs"].values()
            steps = [step["run"] for step in job["steps"] if "run" in step]
            return [script for script in steps if "pip install" not in script]
        job = yaml.safe_load((clone / ".gitlab-ci.yml").read_text())["update"]
        return ["\n".join(line for line in job["script"] if "pip install" not in line)]

    def branches(self) -> dict[str, str]:
        told = git(self.origin, "for-each-ref", "--format=%(refname:short) %(objectname)")
        return dict(line.split() for line in told.splitlines())

    def told(self) -> str:
        return self.log.read_text() if self.log.exists() else ""


@pytest.fixture(params=["github", "gitlab"])
def forge(make: Make, tmp_path: Path, request: pytest.FixtureRequest) -> Forge:
    project = make(ci=request.param)
    (tmp_path / "forge").mkdir()
    return Forge(project, tmp_path / "forge")


def test_what_is_newer_is_proposed_once(forge: Forge, versions: Versions) -> None:
    before = forge.branches()
    assert forge.run().status == 0
    assert forge.branches() == before
    assert "create" not in forge.told()

    newer(versions)
    version = git(versions.folder, "describe", "--always", "HEAD").strip()
    ran = forge.run()

    assert ran.status == 0, ran.stdout + ran.stderr
    branch = f"update-{version}"
    assert forge.branches().keys() == {"main", branch}
    assert forge.branches()["main"] == before["main"]
    changed = git(forge.origin, "diff", "--name-only", "main", branch).split()
    assert "zenml_acme/extra.py" in changed
    assert git(forge.origin, "log", "--format=%s", f"main..{branch}") == (
        f"Update to {version} of the template\n"
    )
    if (forge.project / ".gitlab-ci.yml").exists():
        assert forge.told().splitlines() == [
            "GIT_PUSH_OPTION_0=merge_request.create",
            "GIT_PUSH_OPTION_1=merge_request.target=main",
            "GIT_PUSH_OPTION_COUNT=2",
        ]
        body = git(forge.origin, "log", "-1", "--format=%b", branch)
    else:
        assert f"pr create --head {branch} --title Update to {version}" in forge.told()
        body = forge.log.with_name("log.body").read_text()
    assert "zenml_acme/extra.py" in body
    assert "What next" not in body

    proposed, told = forge.branches(), forge.told().count("create")
    assert forge.run().status == 0
    assert forge.branches() == proposed
    assert forge.told().count("create") == told


def test_a_request_that_could_not_be_opened_is_opened_the_next_time(
    make: Make, versions: Versions, tmp_path: Path
) -> None:
    (tmp_path / "forge").mkdir()
    forge = Forge(make(ci="github"), tmp_path / "forge")
    newer(versions)
    gh = forge.folder / "bin" / "gh"
    gh.write_text(GH.replace("cat >", "exit 1 #"))
    assert forge.run().status == 1
    forge.log.unlink()
    gh.write_text(GH)

    assert forge.run().status == 0
    assert "pr create" in forge.told()


def test_conflicts_are_left_to_people(forge: Forge, versions: Versions) -> None:
    file = forge.project / "zenml_acme" / "_core" / "lifecycle" / "waiting.py"
    file.write_text(file.read_text().replace("Waits for the end", "Awaits the end"))
    keep(forge.project)
    git(forge.project, "push", "--quiet", str(forge.origin), "main")
    newer(versions)
    before = forge.branches()

    ran = forge.run()

    assert ran.status == 3
    assert "waiting.py" in ran.stdout
    assert forge.branches() == before


def test_without_a_token_gitlab_tells_by_failing(
    make: Make, versions: Versions, tmp_path: Path
) -> None:
    (tmp_path / "forge").mkdir()
    forge = Forge(make(ci="gitlab"), tmp_path / "forge")
    assert forge.run(token="").status == 0
    newer(versions)

    assert forge.run(token="").status == 4
    assert forge.branches().keys() == {"main"}


def test_gitlabs_token_is_told_to_git_alone(make: Make, tmp_path: Path) -> None:
    script = yaml.safe_load((make(ci="gitlab") / ".gitlab-ci.yml").read_text())["update"]["script"]
    found = re.search(r"credential\.helper='(.*)'", script[-1])
    assert found

    ran = run(
        "bash",
        "-c",
        "printf 'protocol=https\\nhost=gitlab.example.org\\n\\n' | "
        'git -c credential.helper= -c credential.helper="$HELPER" credential fill',
        folder=tmp_path,
        HELPER=found[1],
        UPDATE_TOKEN=TOKEN,
    )

    assert f"password={TOKEN}\n" in ran.stdout
    assert "UPDATE_TOKEN=$token git" in script[-1]


@pytest.mark.parametrize(
    ("source", "installed"),
    [
        ("gh:sop-new/sop-new", "git+https://github.com/sop-new/sop-new.git"),
        ("git@github.com:sop-new/sop-new.git", "git+https://github.com/sop-new/sop-new.git"),
        ("/home/me/sop-new", "git+https://github.com/sop-new/sop-new.git"),
        ("https://evil.example.org/a;b", "git+https://github.com/sop-new/sop-new.git"),
        ("gh:acme/sop-new", "git+https://github.com/acme/sop-new"),
        ("git+https://me:pw@git.example.org/sop.git", "git+https://git.example.org/sop.git"),
        ("git@git.example.org:ml/sop.git", "git+ssh://git@git.example.org/ml/sop.git"),
    ],
)
def test_sop_new_is_installed_from_where_the_project_came_from(
    clone: Path, source: str, installed: str
) -> None:
    environment = Environment(
        autoescape=False,
        loader=FileSystemLoader(clone),
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
    )
    text = "{% from 'partials/source.jinja' import installed_from %}{{ installed_from(source) }}"

    assert environment.from_string(text).render(source=source) == installed


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_a_project_of_a_fork_names_the_fork(
    versions: Versions, here: Path, tmp_path: Path, ci: str
) -> None:
    fork = "https://git.example.org/ml/sop.git"
    copier = str(Path(sys.executable).with_name("copier"))
    variables = git_setting(f"url.{versions.folder}.insteadOf", fork)
    options = ("copy", "--defaults", "--quiet", "--data", f"ci={ci}", fork, "zenml-acme")
    ran = run(copier, *options, folder=here, COPIER_CACHE_DIR=str(tmp_path / "cache"), **variables)
    assert ran.status == 0, ran.stderr

    texts = [
        file.read_text()
        for file in (here / "zenml-acme").rglob("*")
        if file.is_file() and file.suffix in (".md", ".yml")
    ]
    installed = [
        line for text in texts for line in re.findall(r"pip install (git\S*[^\s`.])", text)
    ]
    assert set(installed) == {f"git+{fork}"}
    assert len(installed) == 4
