"""A project of every kind lints, types, tests and builds as its README says."""

import shutil
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.template.combinations import LONGEST
from tests.template.environments import CACHE, locked
from tests.template.projects import KINDS, PACKAGE, Project, build_wheel
from tests.template.rendering import REPOSITORY, read_questions, render

# Names as short and as long as they may be move the line breaks.
NAMES = {
    "short": {"project_name": "a", "flavor": "b", "class_prefix": "C"},
    "long": LONGEST,
}

UNITS = REPOSITORY / "tests" / "engines" / "units"


def units(kind: str) -> list[str]:
    """Where the engine of a kind is tested in depth; nowhere if it is still to be written."""
    return [str(folder) for folder in UNITS.glob(KINDS[kind]["backend"])]


def test_lint_and_format_are_clean(project: Project) -> None:
    project.run("-m", "ruff", "check")
    project.run("-m", "ruff", "format", "--check")


def test_lint_and_format_are_clean_whatever_the_oldest_python(project: Project) -> None:
    for python in read_questions()["python_min"]["choices"]:
        target = f"--target-version=py{python.replace('.', '')}"
        project.run("-m", "ruff", "check", target)
        project.run("-m", "ruff", "format", "--check", target)


@pytest.mark.parametrize("names", NAMES)
def test_lint_and_format_are_clean_whatever_the_names(
    project: Project, template: Path, tmp_path: Path, names: str
) -> None:
    answers = NAMES[names] | KINDS[project.kind]
    folder = render(template, tmp_path / "project", answers)
    project.environment.run("-m", "ruff", "check", folder=folder)
    project.environment.run("-m", "ruff", "format", "--check", folder=folder)


def test_types_are_strict_and_clean(project: Project) -> None:
    # Reading ZenML takes mypy its time: one of them does it for all, now and in later runs.
    with locked(CACHE / "mypy.lock"):
        project.run("-m", "mypy", MYPY_CACHE_DIR=str(CACHE / "mypy"))


# Those of all kinds are run by `make test-zenml`, on the oldest ZenML and on the newest.
@pytest.mark.parametrize(
    "project", [pytest.param("local", marks=pytest.mark.xdist_group("local"))], indirect=True
)
def test_its_own_tests_pass_and_leave_the_owners_zenml_alone(project: Project) -> None:
    # What `zenml init` makes, of a ZenML that the tests must not know.
    owners = project.folder / ".zen" / "config.yaml"
    owners.parent.mkdir()
    owners.write_text("active_stack_id: 00000000-0000-4000-8000-000000000000\n")

    assert " passed" in project.run("-m", "pytest", "-p", "no:cacheprovider")

    assert owners.read_text() == "active_stack_id: 00000000-0000-4000-8000-000000000000\n"
    shutil.rmtree(owners.parent)


@pytest.mark.parametrize(
    "project",
    [pytest.param(kind, marks=pytest.mark.xdist_group(kind)) for kind in KINDS if units(kind)],
    indirect=True,
)
def test_the_units_of_its_engine_pass(project: Project) -> None:
    told = project.run(
        *("-m", "pytest", "-p", "no:cacheprovider", *units(project.kind)),
        # They use what the project's own tests use.
        PYTHONPATH=str(project.folder / "tests"),
    )
    assert " passed" in told


@pytest.fixture(scope="module")
def distributions(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build_wheel(project.environment, project.folder, folder)
    return folder


def test_the_wheel_holds_every_module_and_is_typed(project: Project, distributions: Path) -> None:
    [wheel] = distributions.glob("*.whl")
    names = set(ZipFile(wheel).namelist())
    assert {name for name in names if ".dist-info/" not in name} == project.modules
    assert f"{PACKAGE}/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_sdist_holds_what_a_packager_needs(project: Project, distributions: Path) -> None:
    [sdist] = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= project.modules | {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml"}
    assert any(name.startswith("tests/") for name in names)
