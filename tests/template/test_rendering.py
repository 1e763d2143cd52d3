"""Every combination of answers gives a whole, well-formed project."""

import ast
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt
from sop_new.templates.source import canonical_url

from tests.template.combinations import LINE, combinations
from tests.template.rendering import ANSWERS_FILE, read_files, read_questions, render
from tests.zenml.versions import oldest_on

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAPERS = {
    ".gitattributes",
    ".gitignore",
    ANSWERS_FILE,
    "AGENTS.md",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "pyproject.toml",
}
KEEPING_IT_CURRENT = {"README.md", "AGENTS.md"}
"""The papers that tell how: they have to name who does it."""
CI_FILES = {
    "github": {".github/workflows/ci.yml", ".github/workflows/update.yml"},
    "gitlab": {".gitlab-ci.yml"},
    "none": set[str](),
}
INSTALL_COMMANDS = (
    "python -m venv .venv && .venv/bin/pip install -e '.[dev]'",
    f"pip install git+{canonical_url()}",
)
CHECK_ALL, CHECK_WITHOUT_ENGINE = (
    "sop-new check .",
    "sop-new check . --level structure --level config",
)
FOLDERS = {"examples", "tests"}
ON_HOSTS = {"local", "slurm", "gridengine", "ssh"}
HOSTS_ALONE = {
    "bootstrap",
    "build",
    "content",
    "entrypoint",
    "installers",
    "job_folder",
    "lines",
    "requirements",
    "source_root",
    "source_tree",
    "wheel",
}

LICENCE_TITLES = {
    "Apache-2.0": "Apache License",
    "BSD-3-Clause": "BSD 3-Clause License",
    "MIT": "MIT License",
    "Proprietary": "All rights reserved.",
}

PARSERS: Mapping[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
}


@dataclass(frozen=True)
class Project:
    answers: Mapping[str, str]
    files: Mapping[str, bytes]

    def text(self, path: str) -> str:
        return self.files[path].decode()

    @property
    def metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = tomllib.loads(self.text("pyproject.toml"))["project"]
        return metadata


def _identify(answers: Mapping[str, str]) -> str:
    names = ("backend", "runtime", "license", "ci", "python_min")
    return "-".join(answers[name] for name in names if name in answers)


def _parameters() -> Iterator[Any]:
    for number, answers in enumerate(combinations(read_questions())):
        name = f"{number}-{_identify(answers)}"
        # One worker renders a combination once for all of its tests.
        yield pytest.param(answers, id=name, marks=pytest.mark.xdist_group(name))


@pytest.fixture(scope="session")
def rendered(
    template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Mapping[str, str]], Project]:
    @cache
    def once(answers: tuple[tuple[str, str], ...]) -> Project:
        folder = tmp_path_factory.mktemp("rendered") / "project"
        return Project(dict(answers), read_files(render(template, folder, dict(answers))))

    return lambda answers: once(tuple(answers.items()))


@pytest.fixture(params=_parameters())
def project(
    request: pytest.FixtureRequest, rendered: Callable[[Mapping[str, str]], Project]
) -> Project:
    return rendered(request.param)


def test_every_file_parses(project: Project) -> None:
    for path in project.files:
        PARSERS.get(Path(path).suffix, str)(project.text(path))


def test_lines_end_with_lf_and_so_does_every_file(project: Project) -> None:
    for path, content in project.files.items():
        assert b"\r" not in content, path
        if path.endswith("/py.typed"):
            assert content == b"", path
        else:
            assert content.endswith(b"\n"), path
            assert not content.endswith(b"\n\n"), path


def test_no_jinja_is_left_over(project: Project) -> None:
    braces = re.compile(r"\{\{|\{%|\{#")
    # Expressions of GitHub's workflows, and ZenML's references to secrets.
    foreign = re.compile(r"\$\{\{ [A-Za-z_.| ]+ \}\}|\{\{[a-z]+[.][a-z]+\}\}")
    for path in project.files.keys() - {ANSWERS_FILE}:
        text = project.text(path).replace("{{ 6 + 7 }}", "").replace("{% raw %}", "")
        assert not braces.search(foreign.sub("", text)), path


def test_nothing_tells_that_a_generator_wrote_it(project: Project) -> None:
    for path in project.files.keys() - {ANSWERS_FILE, *KEEPING_IT_CURRENT}:
        text = f"{path}\n{project.text(path)}".lower()
        if path in CI_FILES[project.answers["ci"]]:
            # What keeps it current has to name who knows.
            for command in (*INSTALL_COMMANDS, CHECK_WITHOUT_ENGINE, CHECK_ALL, "sop-new update"):
                text = text.replace(command, "")
        assert not re.search(r"copier|jinja|sop[-_]new|\btodo\b|\bfixme\b", text), path


def test_the_files_are_those_of_the_choices(project: Project) -> None:
    package = project.answers["project_name"].replace("-", "_")
    papers = {path for path in project.files if path.split("/")[0] not in FOLDERS | {package}}
    assert papers == PAPERS | CI_FILES[project.answers["ci"]]
    assert {path.split("/")[0] for path in project.files} >= FOLDERS | {package}


def test_what_only_hosts_need_comes_with_hosts_alone(project: Project) -> None:
    modules = {Path(path).stem.removeprefix("test_") for path in project.files}
    on_hosts = project.answers.get("runtime") == "host" or project.answers["backend"] in ON_HOSTS
    assert modules & HOSTS_ALONE == (HOSTS_ALONE if on_hosts else set())


def test_the_licence_is_the_chosen_one(project: Project) -> None:
    answers = project.answers
    licence = project.text("LICENSE")
    assert LICENCE_TITLES[answers["license"]] in licence
    if answers["license"] != "Apache-2.0":
        holder = answers["user_name"] or f"The {answers['project_name']} authors"
        assert f"Copyright (c) {holder}" in licence
    proprietary = answers["license"] == "Proprietary"
    expected = "LicenseRef-Proprietary" if proprietary else answers["license"]
    assert project.metadata["license"] == expected
    assert ("Private :: Do Not Upload" in project.metadata["classifiers"]) == proprietary


def test_texts_read_back_equal_from_the_metadata(project: Project) -> None:
    answers = project.answers
    author = {"name": answers["user_name"], "email": answers["user_email"]}
    given = {key: text for key, text in author.items() if text}
    assert project.metadata["description"] == answers["description"]
    assert project.metadata.get("authors", []) == ([given] if given else [])


def test_answers_read_back_equal_from_the_answers_file(project: Project) -> None:
    stored = yaml.safe_load(project.text(ANSWERS_FILE))
    assert {name: stored.get(name) for name in project.answers} == project.answers


def test_the_description_reads_back_equal_from_the_readme(project: Project) -> None:
    tokens = MarkdownIt().parse(project.text("README.md"))
    paragraphs = [_plain(token.children or []) for token in tokens if token.type == "inline"]
    wanted = project.answers["description"].split("\n\n")
    assert set(paragraphs) >= {
        "\n".join(line.strip() for line in paragraph.split("\n")) for paragraph in wanted
    }


def _plain(tokens: list[Any]) -> str:
    return "".join("\n" if token.type == "softbreak" else token.content for token in tokens)


def test_every_supported_python_is_tested_and_none_else(project: Project) -> None:
    choices = read_questions()["python_min"]["choices"]
    supported = choices[choices.index(project.answers["python_min"]) :]
    assert project.metadata["requires-python"] == f">={supported[0]}"
    prefix = "Programming Language :: Python :: "
    versions = [name.removeprefix(prefix) for name in project.metadata["classifiers"]]
    assert [version for version in versions if version.startswith("3.")] == supported
    for path in CI_FILES[project.answers["ci"]] & {".github/workflows/ci.yml", ".gitlab-ci.yml"}:
        tested = _tested_versions(yaml.safe_load(project.text(path)))
        assert tested == {(python, "0.*") for python in supported} | {
            (python, f"{oldest_on(python).minor}.*") for python in (supported[0], supported[-1])
        }


def _tested_versions(ci: Any) -> set[tuple[str, str]]:
    """The pairs of Python and ZenML that a project's CI names."""
    if "jobs" in ci:
        matrix = ci["jobs"]["test"]["strategy"]["matrix"]
        every = {*product(matrix["python"], matrix["zenml"])}
        return every | {(row["python"], row["zenml"]) for row in matrix["include"]}
    every, *rows = ci["test"]["parallel"]["matrix"]
    pairs = {(python, every["ZENML"]) for python in every["PYTHON"]}
    return pairs | {(row["PYTHON"], row["ZENML"]) for row in rows}


def test_ci_proposes_what_is_newer_on_a_schedule_and_may_do_nothing_else(project: Project) -> None:
    ci = project.answers["ci"]
    if ci == "github":
        asks = yaml.safe_load(project.text(".github/workflows/update.yml"))
        # YAML takes the word `on` for true.
        assert asks[True].keys() == {"schedule", "workflow_dispatch"}
        assert asks["permissions"] == {}
        [job] = asks["jobs"].values()
        assert job["permissions"] == {"contents": "write", "pull-requests": "write"}
        steps = job["steps"]
        assert steps[0]["with"] == {"persist-credentials": False}
        # What is installed has no business with the token.
        assert ["TOKEN" in str(step) for step in steps] == [False] * (len(steps) - 1) + [True]
        assert {"run": f"pip install git+{canonical_url()}"} in steps
        pinned = project.text(".github/workflows/ci.yml")
        assert all(step["uses"] in pinned for step in steps if "uses" in step)
    elif ci == "gitlab":
        job = yaml.safe_load(project.text(".gitlab-ci.yml"))["update"]
        assert job["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}]
        first, install, *_ = job["script"]
        assert first.endswith("unset UPDATE_TOKEN")
        assert install == f"pip install git+{canonical_url()}"


def test_ci_checks_the_contract_in_an_environment_of_its_own(project: Project) -> None:
    ci = project.answers["ci"]
    # Where its engine is not at hand, a check that runs steps fails.
    check = CHECK_ALL if project.answers["backend"] == "local" else CHECK_WITHOUT_ENGINE
    if ci == "github":
        steps = yaml.safe_load(project.text(".github/workflows/ci.yml"))["jobs"]["check"]["steps"]
        assert tuple(step["run"] for step in steps if "run" in step) == (
            *INSTALL_COMMANDS,
            check,
        )
        asks = project.text(".github/workflows/update.yml")
        assert all(step["uses"] in asks for step in steps if "uses" in step)
    elif ci == "gitlab":
        job = yaml.safe_load(project.text(".gitlab-ci.yml"))["check"]
        assert tuple(job["script"]) == (*INSTALL_COMMANDS, check)


def test_rendering_again_gives_the_same_bytes(
    project: Project, template: Path, tmp_path: Path
) -> None:
    again = render(template, tmp_path / "another" / "name", project.answers)
    assert read_files(again) == project.files


def test_hostile_texts_are_among_the_combinations() -> None:
    tried = combinations(read_questions())
    assert any(answers["user_name"] == LINE for answers in tried)
    assert any(
        LINE in answers["description"] and "\n" in answers["description"] for answers in tried
    )
