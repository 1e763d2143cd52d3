"""`sop-new adopt`: what it finds, shows and adds."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from sop_new.adopt.inferring import Finding, infer
from sop_new.errors import Code
from sop_new.projects.taken import NOT_TAKEN_FILE
from sop_new.projects.worktree import WorkTree
from sop_new.templates.answers import Answers
from sop_new.templates.source import find_template

from tests.cli.by_hand import (
    CODE,
    FOUND,
    OPERATOR,
    PYPROJECT,
    WRITTEN,
    Adopt,
    answers_of,
    paths,
    write,
)
from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import contents, failure
from tests.cli.test_survey import terminal
from tests.cli.versions import files, keep
from tests.template.rendering import ANSWERS_FILE


def test_the_answers_are_found_in_the_project_and_nothing_else_is_written(
    grid: Path, adopt: Adopt, clone: Path
) -> None:
    before = files(grid)

    told = adopt(grid)

    papers = "in pyproject.toml"
    assert answers_of(told) == {
        "project_name": ("zenml-grid", papers),
        "flavor": ("grid", f"of {FOUND}"),
        "backend": ("blank", "since the engine is your own"),
        "runtime": ("host", "since no image is asked for"),
        "description": ("Runs steps on the company's {{ grid }}", papers),
        "class_prefix": ("Grid", f"of {FOUND}"),
        "user_name": ("Platform Team", papers),
        "user_email": ("platform@example.org", papers),
        "license": ("MIT", papers),
        "python_min": ("3.11", papers),
        "ci": ("none", "since there is neither GitHub's nor GitLab's"),
    }
    after = dict(files(grid))
    noted = yaml.safe_load(after.pop(ANSWERS_FILE))
    left = after.pop(NOT_TAKEN_FILE).decode().splitlines()
    assert {"README.md", "examples/", "zenml_grid/_core/", "zenml_grid/operator.py"} <= {*left}
    assert not {"zenml_grid/", "zenml_grid/py.typed", ANSWERS_FILE} & {*left}
    assert after == before
    assert {answer.name: answer.value for answer in told.answers}.items() <= noted.items()
    assert noted["_src_path"] == str(clone)
    assert paths(told, "added") == [ANSWERS_FILE]
    assert paths(told, "same") == ["zenml_grid/py.typed"]
    assert paths(told, "yours") == sorted({*WRITTEN} - {"zenml_grid/py.typed"})


ELSEWHERE = OPERATOR.replace('return "grid"', "return names.GRID")
IMAGE = OPERATOR.replace("command = [", 'image = info.get_image("grid")\n        command = [')
MIT = "Permission is hereby granted, free\nof charge, to any person"

AS = OPERATOR.replace("    BaseStepOperatorFlavor,", "    BaseStepOperatorFlavor as Base,").replace(
    "GridStepOperatorFlavor(BaseStepOperatorFlavor)", "GridStepOperatorFlavor(Base)"
)
PLAIN = (
    OPERATOR.replace("    BaseStepOperatorFlavor,", "")
    .replace("import subprocess", "import subprocess\nfrom zenml.stack import Flavor")
    .replace("(BaseStepOperatorFlavor):", "(Flavor):\n    type = StackComponentType.STEP_OPERATOR")
)
ORCHESTRATOR = """
class GridOrchestrator(ContainerizedOrchestrator):
    def get_docker_builds(self, deployment):
        return [self.get_image(deployment)]
"""
HELPED = (
    OPERATOR.replace("command = [", "submit(info)\n        command = [")
    + """

def submit(info):
    return info.get_image("grid")
"""
)
SHIPPED = OPERATOR.replace("(BaseStepOperator):", "(KubernetesStepOperator):")
BASED = OPERATOR.replace("(BaseStepOperator):", "(Common):")
POETRY = """[tool.poetry]
name = "zenml-grid"
description = "Of poetry"
authors = ["Ada Lovelace <ada@example.org>", "Other"]
license = "MIT"

[tool.poetry.dependencies]
python = "^3.12"
"""
SETUP = """[metadata]
name = zenml_grid
description = Of setup.cfg
author = Ada
author_email = ada@example.org
license = MIT License

[options]
python_requires = >=3.13
"""

HINTS: dict[str, tuple[Mapping[str, str], str, tuple[str, str] | None]] = {
    "a constant of another module": (
        {"zenml_grid/operator.py": ELSEWHERE, "zenml_grid/names.py": 'GRID = "grid-two"\n'},
        "flavor",
        ("grid-two", f"of {FOUND}"),
    ),
    "a flavor of ZenML's that was extended": (
        {
            "zenml_grid/operator.py": "class Flavor(spark.SparkStepOperatorFlavor):\n"
            '    name: str = "grid"\n'
        },
        "flavor",
        ("grid", "of class Flavor in zenml_grid/operator.py"),
    ),
    "a fake in the tests": (
        {"tests/fake.py": OPERATOR.replace('"grid"', '"fake"')},
        "flavor",
        ("grid", f"of {FOUND}"),
    ),
    "images": (
        {"zenml_grid/operator.py": IMAGE},
        "runtime",
        ("image", "because of get_image in zenml_grid/operator.py"),
    ),
    "an orchestrator beside it": (
        {"zenml_grid/orchestrator.py": ORCHESTRATOR},
        "runtime",
        ("host", "since no image is asked for"),
    ),
    "images that a function asks for": (
        {"zenml_grid/operator.py": HELPED},
        "runtime",
        ("image", "because of get_image in zenml_grid/operator.py"),
    ),
    "images of a base class": (
        {
            "zenml_grid/operator.py": BASED,
            "zenml_grid/common.py": ORCHESTRATOR.replace(
                "GridOrchestrator(ContainerizedOrchestrator)", "Common(BaseStepOperator)"
            ),
        },
        "runtime",
        ("image", "because of get_docker_builds in zenml_grid/common.py"),
    ),
    "an operator of ZenML's that was extended": (
        {"zenml_grid/operator.py": SHIPPED},
        "runtime",
        (
            "image",
            "because of KubernetesStepOperator, which class GridStepOperator in "
            "zenml_grid/operator.py derives from",
        ),
    ),
    "an import under another name": (
        {"zenml_grid/operator.py": AS},
        "flavor",
        ("grid", f"of {FOUND}"),
    ),
    "a constant under another name": (
        {
            "zenml_grid/operator.py": "from .names import GRID as NAME\n"
            + OPERATOR.replace('return "grid"', "return NAME"),
            "zenml_grid/names.py": 'GRID = "grid-two"\n',
        },
        "flavor",
        ("grid-two", f"of {FOUND}"),
    ),
    "a flavor of any component": (
        {"zenml_grid/operator.py": PLAIN},
        "flavor",
        ("grid", f"of {FOUND}"),
    ),
    "a flavor of a base of one's own": (
        {
            "zenml_grid/operator.py": OPERATOR.replace("(BaseStepOperatorFlavor)", "(Company)"),
            "zenml_grid/company.py": "class Company(so.BaseStepOperatorFlavor):\n    pass\n",
        },
        "flavor",
        ("grid", f"of {FOUND}"),
    ),
    **{
        f"poetry's {question}": (
            {"pyproject.toml": POETRY},
            question,
            (answer, "in pyproject.toml, [tool.poetry]"),
        )
        for question, answer in {
            "project_name": "zenml-grid",
            "description": "Of poetry",
            "user_name": "Ada Lovelace",
            "user_email": "ada@example.org",
            "license": "MIT",
            "python_min": "3.12",
        }.items()
    },
    **{
        f"the {question} of setup.cfg": (
            {"pyproject.toml": "", "setup.cfg": SETUP},
            question,
            (answer, "in setup.cfg"),
        )
        for question, answer in {
            "project_name": "zenml-grid",
            "description": "Of setup.cfg",
            "user_name": "Ada",
            "user_email": "ada@example.org",
            "license": "MIT",
            "python_min": "3.13",
        }.items()
    },
    "GitLab": (
        {".gitlab-ci.yml": "test: {}\n"},
        "ci",
        ("gitlab", "because of .gitlab-ci.yml"),
    ),
    "GitHub": (
        {".github/workflows/test.yml": "jobs: {}\n"},
        "ci",
        ("github", "because of .github/workflows/test.yml"),
    ),
    "a licence": (
        {"LICENSE.txt": MIT, "pyproject.toml": PYPROJECT.replace("MIT License", "see there")},
        "license",
        ("MIT", "in LICENSE.txt"),
    ),
    "a licence of one's own": (
        {
            "pyproject.toml": PYPROJECT.replace(
                '{ text = "MIT License" }', '"LicenseRef-Proprietary"'
            )
        },
        "license",
        ("Proprietary", "in pyproject.toml"),
    ),
    "an older Python": (
        {"pyproject.toml": PYPROJECT.replace(">=3.11,<3.15", "~=3.8")},
        "python_min",
        ("3.10", "in pyproject.toml"),
    ),
    "no papers": (
        {"pyproject.toml": ""},
        "project_name",
        None,
    ),
}


@pytest.mark.parametrize("hint", HINTS)
def test_an_answer_is_found_where_people_write_it(grid: Path, hint: str) -> None:
    texts, question, answer = HINTS[hint]
    write(grid, texts)

    found = infer(find_template(), WorkTree(grid), Answers()).found

    assert found.get(question) == (Finding(*answer) if answer else None)


def test_what_is_given_wins(grid: Path, adopt: Adopt) -> None:
    (grid / "zenml_grid" / "operator.py").write_text(IMAGE)
    (grid.parent / "answers.yml").write_text("ci: none\nuser_name: Somebody\n")
    options = ("-d", "backend=slurm", "-d", "ci=gitlab", "--data-file", "answers.yml")

    told = adopt(grid, "--diff", *options)

    answers = answers_of(told)
    assert answers["ci"] == ("gitlab", "on the command line")
    assert answers["user_name"] == ("Somebody", "in answers.yml")
    assert answers["backend"] == ("slurm", "on the command line")
    # Slurm runs commands on hosts, whatever the operator does by now.
    assert "runtime" not in answers
    assert "zenml_grid/_core/environment/source_tree.py" in paths(told, "offered")
    data = "-d backend=slurm -d ci=gitlab --data-file answers.yml"
    assert told.next == [f"sop-new adopt {grid} {data}"]


def test_what_is_found_wins_over_copier_settings(grid: Path, adopt: Adopt, settings: Path) -> None:
    settings.write_text("defaults: {user_name: settings, ci: gitlab, backend: docker}\n")

    answers = answers_of(adopt(grid, "--diff"))

    assert answers["user_name"] == ("Platform Team", "in pyproject.toml")
    assert answers["ci"][0] == "none"
    assert answers["backend"][0] == "blank"


def test_a_diff_touches_nothing_and_is_what_adding_all_of_it_adds(grid: Path, adopt: Adopt) -> None:
    other = grid.parent / "other" / grid.name
    shutil.copytree(grid, other)
    (grid / "dirty.txt").write_text("not committed\n")
    before = contents(grid)

    told = adopt(grid, "--diff")

    assert contents(grid) == before
    assert told.dry_run
    (grid / "dirty.txt").unlink()
    subprocess.run(["git", "apply"], cwd=grid, input=told.diff, text=True, check=True)
    added = adopt(other, "--add", ".")
    assert not paths(added, "offered")
    here, there = dict(files(grid)), dict(files(other))
    there.pop(NOT_TAKEN_FILE)
    assert here == there
    assert "zenml_grid/_core/lifecycle/waiting.py" in files(grid)
    assert WRITTEN.items() <= {name: text.decode() for name, text in files(grid).items()}.items()


def test_what_is_asked_for_is_added_and_nothing_else(grid: Path, adopt: Adopt) -> None:
    before = set(files(grid))
    options = ("--add", "./examples/", "--add", "CHANGELOG.md")

    shown = adopt(grid, "--diff", *options)
    told = adopt(grid, *options)

    examples = ["examples/pipeline.py", "examples/register.py"]
    added = [ANSWERS_FILE, "CHANGELOG.md", *examples]
    assert set(files(grid)) == before | {*added, NOT_TAKEN_FILE}
    assert paths(shown, "added") == paths(told, "added") == added
    assert shown.diff == told.diff
    assert told.diff.count("\ndiff --git ") == len(added) - 1


def test_a_file_that_git_ignores_is_not_overwritten(grid: Path, adopt: Adopt) -> None:
    (grid / ".gitignore").write_text("CHANGELOG.md\n")
    keep(grid)
    (grid / "CHANGELOG.md").write_text("mine\n")

    told = adopt(grid, "--add", ".")

    assert "CHANGELOG.md" in paths(told, "yours")
    assert (grid / "CHANGELOG.md").read_text() == "mine\n"


@pytest.mark.parametrize(
    ("place", "remedy"),
    [
        ("src/zenml_grid", "git mv src/zenml_grid zenml_grid"),
        ("gridding", "-d project_name=gridding"),
    ],
)
def test_no_second_package_is_put_beside_the_first(
    grid: Path, adopt: Adopt, sop_new: SopNew, place: str, remedy: str
) -> None:
    assert not any("Your package" in note for note in adopt(grid, "--diff").notes)
    (grid / place).parent.mkdir(exist_ok=True)
    (grid / "zenml_grid").rename(grid / place)
    keep(grid)

    for wanted in ("zenml_grid", "zenml_grid/_core/lifecycle", "tests/conftest.py", "tests/e2e"):
        refused = failure(sop_new("adopt", grid, "--add", wanted, "--json"), Code.USAGE)
        assert f"--add {wanted} adds nothing" in refused.message
        assert place in refused.message or "is not here" in refused.message
    shown = adopt(grid, "--diff")
    told = adopt(grid, "--add", ".")

    assert any(place in note and remedy in note for note in told.notes)
    assert "+++ b/zenml_grid/" not in shown.diff
    assert not (grid / "zenml_grid").exists()
    assert paths(told, "added") == paths(shown, "added") + paths(shown, "offered")
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=grid,
        capture_output=True,
        text=True,
    )
    assert collected.returncode == 0, collected.stdout


def test_tests_of_what_is_not_here_are_refused_with_the_reason(
    grid: Path, sop_new: SopNew, adopt: Adopt
) -> None:
    refused = failure(sop_new("adopt", grid, "--add", "tests/conftest.py", "--json"), Code.USAGE)
    assert "tests/conftest.py: it would end the tests, since examples/register.py" in (
        refused.message
    )
    refused = failure(sop_new("adopt", grid, "--add", "tests/e2e", "--json"), Code.USAGE)
    assert "since zenml_grid.engine is not here" in refused.message

    (grid / CODE).write_text(
        OPERATOR.replace("GridStepOperator(", "Grid(").replace(
            "return GridStepOperator\n", "return Grid\n"
        )
    )
    told = adopt(grid, "--diff", "--add", ".")
    assert "zenml_grid/flavor.py" in paths(told, "added")
    assert "tests/conftest.py" in paths(told, "added")


@pytest.mark.parametrize("papers", ["setup.cfg", "setup.py"])
def test_a_project_goes_on_being_built_as_it_was(grid: Path, sop_new: SopNew, papers: str) -> None:
    (grid / "pyproject.toml").unlink()
    (grid / papers).write_text("")
    keep(grid)

    refused = failure(sop_new("adopt", grid, "--add", "pyproject.toml", "--json"), Code.USAGE)
    assert f"the project would no longer be built by {papers}" in refused.message


def test_an_operator_that_is_not_found_is_adopted_by_its_flavors_name(
    grid: Path, adopt: Adopt
) -> None:
    (grid / CODE).unlink()
    keep(grid)

    answers = answers_of(adopt(grid, "-d", "flavor=grid"))

    assert answers["flavor"] == ("grid", "on the command line")
    assert answers["class_prefix"] == ("Grid", "by default")


def test_of_two_operators_the_one_is_meant_whose_flavor_is_given(grid: Path, adopt: Adopt) -> None:
    write(grid, {"zenml_grid/two.py": OPERATOR.replace('"grid"', '"two"').replace("Grid", "Two")})

    answers = answers_of(adopt(grid, "--diff", "-d", "flavor=two"))

    where = "of class TwoStepOperatorFlavor in zenml_grid/two.py"
    assert answers["class_prefix"] == ("Two", where)


def test_people_see_where_answers_come_from_and_what_becomes_of_files(
    grid: Path, sop_new: SopNew
) -> None:
    shown = sop_new("adopt", grid, "--add", "examples").stdout

    for expected in (
        "license       MIT",
        "in pyproject.toml",
        "  README.md\n",
        "examples/  2 files\n",
        f"  cd {grid}\n",
        "sop-new update --check\n",
    ):
        assert expected in shown


def test_a_terminal_is_asked_and_what_was_found_is_proposed(grid: Path) -> None:
    given = ("class_prefix=Grid", "user_email=", "python_min=3.12", "ci=none", "runtime=image")
    data = [part for answer in given for part in ("-d", answer)]
    with terminal(grid, "adopt", *data) as shown:
        shown.until("Name of the project")
        shown.until("zenml-grid")
        shown.type("\r")
        shown.until("Name of the flavor")
        shown.type("-two\r")
        shown.until("What it is, in a sentence")
        shown.type("\r")
        shown.until("Name of the author")
        shown.until("Platform Team")
        shown.type("\r")
        shown.until("Licence")
        shown.type("\r")
        rest = shown.rest()

    assert "in the survey" in rest
    assert f"of {FOUND}" not in rest
    noted = yaml.safe_load((grid / ANSWERS_FILE).read_text())
    assert (noted["flavor"], noted["license"]) == ("grid-two", "MIT")
    assert (noted["backend"], noted["runtime"]) == ("blank", "image")


def test_ctrl_c_in_the_survey_leaves_nothing(grid: Path) -> None:
    before = contents(grid)
    with terminal(grid, "adopt") as shown:
        shown.until("Name of the project")
        shown.type("\x03")
        assert "Interrupted" in shown.rest()
        assert shown.process.returncode == Code.INTERRUPTED.status

    assert contents(grid) == before


@pytest.mark.parametrize("option", ["--diff", "--defaults"])
def test_a_terminal_that_wants_no_questions_is_asked_none(
    grid: Path, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGER", "cat")
    with terminal(grid, "adopt", option) as shown:
        assert "What next" in shown.rest()


NEWER = {
    "3.12": "type Job = int\n",
    "3.13": "def first[T = int](of: list[T]) -> T: ...\n",
    "3.14": "try:\n    pass\nexcept OSError, ValueError:\n    pass\n",
}


@pytest.mark.parametrize("python", NEWER)
def test_what_a_newer_python_could_read_is_said_to_be_unread(
    grid: Path, adopt: Adopt, sop_new: SopNew, python: str
) -> None:
    if sys.version_info >= tuple(map(int, python.split("."))):
        python, code = "", "import\n"
    else:
        code = NEWER[python]
    (grid / "zenml_grid" / "new.py").write_text(code)
    told = adopt(grid, "--diff").notes
    assert any("zenml_grid/new.py is unread" in note and f"{python}" in note for note in told)

    (grid / CODE).write_text(OPERATOR + code)
    refused = failure(sop_new("adopt", grid, "--diff", "--json"), Code.FLAVOR_UNKNOWN)
    assert f"{CODE} is unread" in refused.message
    assert not python or f"Python {python}" in refused.hint
