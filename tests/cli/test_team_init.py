"""`sop-new team init` starts a repository whose template makes projects as a team wants them."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml
from sop_new.errors import Code
from sop_new.team.result import Started
from sop_new.templates.source import canonical_url

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import (
    ANSWERS_FILE,
    REPOSITORY,
    contents,
    failure,
    git,
    program,
    run,
    succeed,
    uv,
)
from tests.cli.test_survey import terminal
from tests.template.projects import KINDS
from tests.template.rendering import read_questions

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PARSERS: Mapping[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
}
STARTER = "generator/sop_new/team/starter"
CI_FILES = {"github": ".github/workflows/ci.yml", "gitlab": ".gitlab-ci.yml"}
ODD_NAME = 'O\'Brien "Bob" & Söhne \\ <b> *a* [d](e) # 日本: - !x'

Init = Callable[..., Path]


@pytest.fixture
def init(sop_new: SopNew, here: Path) -> Init:
    """Runs `sop-new team init`; returns the repository."""

    def start(name: str = "acme-template", **answers: str) -> Path:
        data = [part for key, value in answers.items() for part in ("-d", f"{key}={value}")]
        ran = sop_new("team", "init", *data, "--", name)
        assert ran.status == 0, ran.stderr
        return here / name

    return start


def settings_of(team: Path) -> dict[str, Any]:
    settings = yaml.safe_load((team / "sop-team.yml").read_text(encoding="utf-8"))
    assert isinstance(settings, dict)
    return settings


def parse_all(folder: Path) -> int:
    """Parse the files of a folder; returns of how many this can be said."""
    files = [file for file in folder.rglob("*") if file.suffix in PARSERS]
    for file in files:
        PARSERS[file.suffix](file.read_text(encoding="utf-8"))
    return len(files)


def render(source: Path, project: Path, answers: Mapping[str, str]) -> None:
    copier.run_copy(
        str(source),
        project,
        data=dict(answers),
        settings=copier.Settings(),
        vcs_ref="HEAD",
        defaults=True,
        overwrite=True,
        quiet=True,
    )


def make_project(clone: Path, team: Path, project: Path, answers: Mapping[str, str]) -> Path:
    """A project as plain Copier makes it: the base, and the team's template over it."""
    render(clone, project, {**answers, **settings_of(team)["locked"]})
    render(team, project, {})
    return project


@pytest.mark.parametrize("ci", CI_FILES)
def test_every_file_can_be_read(init: Init, ci: str) -> None:
    team = init(ci=ci)

    assert parse_all(team) >= 7
    for place in (team, team / "template"):
        assert [name for name, file in CI_FILES.items() if (place / file).is_file()] == [ci]


def test_the_base_and_the_locked_answers_are_those_of_sop_new(init: Init) -> None:
    settings = settings_of(init(ci="gitlab", base_ref="v0.1.0", contact="#help", team="We"))

    assert settings["base"] == {"source": canonical_url(), "ref": "v0.1.0"}
    assert (settings["name"], settings["contact"]) == ("We", "#help")
    questions = read_questions()
    assert settings["defaults"].keys() <= questions.keys()
    for name, answer in settings["locked"].items():
        assert answer in questions[name]["choices"]


def test_what_may_stay_empty_is_not_there(init: Init) -> None:
    settings = settings_of(init())

    assert "contact" not in settings
    assert settings["base"] == {"source": canonical_url()}


def test_the_pythons_are_those_of_a_project(clone: Path) -> None:
    questions = yaml.safe_load((clone / STARTER / "copier.yml").read_text())

    assert questions["python"]["choices"] == read_questions()["python_min"]["choices"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ci", CI_FILES)
def test_the_example_is_laid_over_a_project(
    init: Init, clone: Path, here: Path, kind: str, ci: str
) -> None:
    team = init(ci=ci, base_image="registry.example.org/python:3.13", python="3.13")
    project = make_project(clone, team, here / "zenml-acme", KINDS[kind])

    for file in (CI_FILES[ci], "LICENSE", "uv.toml"):
        assert (project / file).read_bytes() == (team / "template" / file).read_bytes()
    for file in (ANSWERS_FILE, ".copier-answers.team.yml"):
        assert "# Checksum: " in (project / file).read_text()
    assert "* @acme/ml-platform\n" in (project / "CODEOWNERS").read_text()
    header = (project / "zenml_acme" / "__init__.py").read_text()
    assert header.startswith("# SPDX-FileCopyrightText: Acme\n")
    assert '__version__ = "0.1.0"\n' in header
    # Only what runs steps on hosts has this file of the base.
    in_images = not (project / "zenml_acme/_core/environment/bootstrap.py").exists()
    config = yaml.safe_load((project / "examples" / "config.yaml").read_text())
    parent = config["settings"]["docker"].get("parent_image")
    assert parent == ("registry.example.org/python:3.13" if in_images else None)
    assert parse_all(project) > 30
    succeed(sys.executable, "-m", "ruff", "check", project, folder=here)
    succeed(sys.executable, "-m", "ruff", "format", "--check", project, folder=here)


@contextmanager
def package_index() -> Iterator[tuple[str, list[str]]]:
    """An index that has nothing, and a proxy that leads nowhere, so that nobody asks another one.

    Yields:
        Their address, and what they were asked for.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def do_CONNECT(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()


def test_uv_takes_packages_from_the_index(
    init: Init, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("UV_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    install = (uv(), "pip", "install", "--no-cache", "--dry-run", "--python", sys.executable)
    with package_index() as (url, asked):
        overlay = init(package_index=f"{url}/simple") / "template"
        proxy = {"NO_PROXY": "127.0.0.1", "HTTPS_PROXY": url}
        run(*install, "zenml-nothing", folder=overlay, **proxy)

    assert asked == ["/simple/zenml-nothing/"]


def test_the_index_and_the_image_are_those_of_ci(init: Init) -> None:
    answers = {"package_index": "https://pypi.example.org/simple", "base_image": "acme/python:3"}
    github = yaml.safe_load((init(**answers) / "template" / CI_FILES["github"]).read_text())
    gitlab = init("other", ci="gitlab", **answers) / "template" / CI_FILES["gitlab"]

    job = github["jobs"]["test"]
    assert (job["container"], job["env"]["PIP_INDEX_URL"]) == tuple(answers.values())[::-1]
    job = yaml.safe_load(gitlab.read_text())["test"]
    assert (job["image"], job["variables"]["PIP_INDEX_URL"]) == tuple(answers.values())[::-1]


def test_workflows_may_do_little_and_use_the_actions_of_the_base(init: Init, clone: Path) -> None:
    team = init()
    [base] = clone.glob("template/*github*/workflows/ci.yml.jinja")
    pinned = set(re.findall(r"uses: (.*)", base.read_text()))
    for place in (team, team / "template"):
        text = (place / CI_FILES["github"]).read_text()
        assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
        assert set(re.findall(r"uses: (.*)", text)) <= pinned


def test_odd_names_read_back_equal(init: Init, clone: Path, here: Path) -> None:
    names = {"company": ODD_NAME, "team": ODD_NAME, "contact": ODD_NAME}
    team = init(**names, owners="@a/b-c.d ada@example.org")
    settings = settings_of(team)
    project = make_project(clone, team, here / "zenml-acme", {})

    assert {settings["name"], settings["contact"]} == {ODD_NAME}
    assert settings["defaults"] == {"user_name": ODD_NAME}
    assert parse_all(team)
    assert parse_all(project)
    assert f"Copyright (c) {ODD_NAME}\n" in (project / "LICENSE").read_text()
    assert "* @a/b-c.d ada@example.org\n" in (project / "CODEOWNERS").read_text()


@pytest.mark.parametrize(
    "answer",
    [
        *(f"company={name}" for name in ("", " ", "a\nb", "{{ x }}", "{% raw %}", "a ", "x" * 61)),
        *(f"team={name}" for name in ("", "a\u2028b", "{#", "a\ufffe", "x" * 81)),
        *(f"contact={name}" for name in ("a\tb", "}", "x" * 121)),
        *(f"owners={name}" for name in ("", "acme", "@a  @b", "@a\n@b", "@{{a}}", "@a #b", '@"')),
        *(f"ci={name}" for name in ("none", "jenkins")),
        *(f"python={name}" for name in ("3.9", "3")),
        *(f"base_image={name}" for name in ("", "a b", "a\nb", 'a"', "A/b", "a:", "a:b:c", "$X")),
        *(f"package_index={name}" for name in ("", "ftp://a", "a", "https://a b", 'https://a"')),
        *(f"package_index={name}" for name in ("https://me:secret@a/simple", "https://a/$X")),
        *(f"base_ref={name}" for name in ("-x", "a b", "a..b", "{{ x }}", '"', "a\n")),
    ],
)
def test_hostile_answers_are_refused(sop_new: SopNew, here: Path, answer: str) -> None:
    told = failure(sop_new("team", "init", "acme", "-d", answer, "--json"), Code.ANSWER_INVALID)

    assert told.message.startswith(f"{answer.partition('=')[0]} (on the command line)")
    assert not list(here.iterdir())


def test_the_address_of_the_base_cannot_be_given(sop_new: SopNew, here: Path) -> None:
    ran = sop_new("team", "init", "acme", "-d", "base_source=https://example.org/x", "--json")

    failure(ran, Code.ANSWER_UNKNOWN)


@pytest.mark.parametrize("name", ["{{ x }}", "日本", "-x", "a" * 200, "'\"", "ünï"])
def test_defaults_pass_their_own_checks(init: Init, name: str) -> None:
    settings = settings_of(init(name))
    again = {"company": settings["defaults"]["user_name"], "team": settings["name"]}

    assert settings_of(init("again", **again)) == settings


def test_plain_copier_gives_the_same_files(init: Init, clone: Path, tmp_path: Path) -> None:
    by_copier = tmp_path / "copier" / "acme-template"
    succeed(
        *(Path(sys.executable).with_name("copier"), "copy", "--defaults", "--quiet"),
        *("-d", "ci=gitlab", clone / STARTER, by_copier),
        folder=tmp_path,
    )

    assert contents(init(ci="gitlab")) == contents(by_copier)


def test_an_installed_package_gives_the_same_files(
    installed: Path, init: Init, tmp_path: Path
) -> None:
    [package] = installed.parents[1].glob("lib/python*/site-packages/sop_new")
    succeed(installed, "-m", "compileall", "-q", package / "starter", folder=tmp_path)
    succeed(*program(installed), "team", "init", "acme-template", folder=tmp_path)

    assert contents(tmp_path / "acme-template") == contents(init())


def test_the_answer_for_programs_is_all_that_is_on_stdout(sop_new: SopNew, here: Path) -> None:
    ran = sop_new("team", "init", "acme", "--json")
    started = Started.model_validate_json(ran.stdout)

    assert ran.stderr == ""
    assert started.destination == str(here / "acme")
    assert started.files == sorted(contents(here / "acme"))


def test_what_to_do_next_makes_a_repository(
    sop_new: SopNew, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.org")
    started = Started.model_validate_json(sop_new("team", "init", "o'dd", "--json").stdout)
    succeed("sh", "-ec", "\n".join(started.next[:2]), folder=here)

    assert git(here / "o'dd", "status", "--porcelain", "--ignored") == ""
    assert git(here / "o'dd", "ls-files", "-z").split("\0")[:-1] == sorted(started.files)


def test_a_dry_run_shows_the_tree_and_writes_nothing(sop_new: SopNew, here: Path) -> None:
    ran = sop_new("team", "init", "acme", "--dry-run")

    assert "sop-team.yml" in ran.stdout
    assert "Nothing was written" in ran.stdout
    assert not list(here.iterdir())


def test_a_folder_that_is_not_empty_is_refused_unless_forced(sop_new: SopNew, here: Path) -> None:
    mine = here / "acme" / "mine.txt"
    mine.parent.mkdir()
    mine.touch()

    failure(sop_new("team", "init", "acme", "--json"), Code.DESTINATION_NOT_EMPTY)
    assert list((here / "acme").iterdir()) == [mine]

    assert sop_new("team", "init", "acme", "--force").status == 0
    assert mine.exists()
    assert (here / "acme" / "sop-team.yml").exists()


def test_a_terminal_asks_for_what_was_not_given(here: Path) -> None:
    given = ("team=We", "contact=", "owners=@a", "python=3.12", "base_image=a", "base_ref=")
    data = [part for answer in (*given, "ci=github") for part in ("-d", answer)]
    with terminal(here, "team", "init", "acme-template", *data) as shown:
        shown.until("Name of the company")
        shown.type(" Corp\r")
        shown.until("package index")
        shown.type("\r")
        assert "What next" in shown.rest()

    assert settings_of(here / "acme-template")["defaults"] == {"user_name": "Acme Corp"}


def test_without_a_command_team_shows_its_commands(sop_new: SopNew) -> None:
    ran = sop_new("team")

    assert ran.status == 0
    assert "init" in ran.stdout


# What docs/teams.md and the README of such a repository say. That its own tests pass is seen in
# tests/teams.


def commands_of(readme: Path, section: str) -> list[str]:
    """The shell's lines in a section."""
    _, _, rest = readme.read_text(encoding="utf-8").partition(f"\n## {section}\n")
    text = rest.partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "".join(blocks).splitlines()


def test_plain_copier_makes_projects_as_the_readme_says(
    init: Init, clone: Path, here: Path, tmp_path: Path
) -> None:
    team = init(ci="gitlab", base_ref="HEAD")
    places = {canonical_url(): str(clone), "URL": str(team)}
    for line in commands_of(team / "README.md", "Without sop-new"):
        words = [places.get(word, word) for word in shlex.split(line)]
        words[0] = str(Path(sys.executable).with_name("copier"))
        succeed(*words, "--defaults", folder=here)
    expected = make_project(clone, team, tmp_path / "zenml-acme", {})

    assert contents(here / "zenml-acme") == contents(expected)


def test_the_page_says_the_same_as_the_readme(sop_new: SopNew, here: Path) -> None:
    page = REPOSITORY / "docs" / "teams.md"
    started = Started.model_validate_json(sop_new("team", "init", "acme-template", "--json").stdout)
    lines = commands_of(page, "With plain Copier")
    *by_copier, start = (line for line in lines if line.startswith("copier copy "))

    assert commands_of(page, "Start a team's template")[1:] == started.next[:-1]
    assert [line.replace("SOURCE", "URL") for line in by_copier] == commands_of(
        here / "acme-template" / "README.md", "Without sop-new"
    )
    assert shlex.split(start)[2] == f"sop-new/{STARTER}"


def test_copier_refuses_a_destination_behind_a_link_as_the_page_says(
    init: Init, clone: Path, here: Path
) -> None:
    (here / "elsewhere").mkdir()
    (here / "link").symlink_to("elsewhere")

    with pytest.raises(copier.errors.CopierError, match="forbidden"):
        make_project(clone, init(), here / "link" / "zenml-acme", {})


def test_a_file_is_for_some_projects_alone_as_the_readme_says(
    init: Init, clone: Path, here: Path
) -> None:
    team = init()
    [name] = re.findall(r"`(template/{%.*?)`", (team / "README.md").read_text())
    (team / name).write_text("Of Slurm alone.\n")

    for backend in ("slurm", "local"):
        project = make_project(clone, team, here / backend, {"backend": backend})
        assert (project / "SLURM.md").exists() == (backend == "slurm")


def test_the_readme_names_every_file(init: Init) -> None:
    team = init()
    rows = re.findall(r"^\| (`.*?`) \|", (team / "README.md").read_text(), re.MULTILINE)
    named = re.findall(r"`(.+?)`", "".join(rows))
    there = {*contents(team), "template/", "tests/"}

    assert set(named) <= there
    left_out = {file for file in there - set(named) if not file.startswith("tests/")}
    assert left_out == {"README.md", ".gitignore"}


def test_its_tests_are_as_clean_as_those_of_a_project(init: Init, clone: Path) -> None:
    team = init()
    settings = (clone / "template" / "pyproject.toml.jinja").read_text(encoding="utf-8")
    [rules] = re.findall(r"^\[tool\.ruff\.lint\]\nselect = .*\n", settings, re.MULTILINE)
    (team / "pyproject.toml").write_text(f'[tool.ruff]\ntarget-version = "py310"\n\n{rules}')
    succeed(sys.executable, "-m", "ruff", "check", "tests", folder=team)
    succeed(sys.executable, "-m", "ruff", "format", "--check", "tests", folder=team)
