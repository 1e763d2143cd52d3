"""What is said about the versions of ZenML agrees with the one list of them."""

import ast
import re
from pathlib import Path

import pytest

from tests.template.projects import KINDS
from tests.template.rendering import REPOSITORY, read_questions
from tests.zenml import outcomes
from tests.zenml.outcomes import Outcome, outcome
from tests.zenml.table import PAGE, documented
from tests.zenml.versions import (
    CONTRACT,
    CORE,
    LIFECYCLE,
    NEWEST,
    OLD,
    OLDEST,
    PYTHONS,
    RELEASES,
    Release,
    Row,
    oldest_on,
    rows,
)

REPORT = """<testsuites><testsuite>
<testcase name="a" /><testcase name="b">{}</testcase>
</testsuite></testsuites>"""


def read(path: str) -> str:
    return Path(REPOSITORY, path).read_text(encoding="utf-8")


def test_the_page_shows_every_row() -> None:
    shown = [(version, python) for version, python, *_ in documented()]
    assert shown in [
        [(row.release.version, row.python) for row in rows(python)] for python in PYTHONS
    ]


def test_the_page_names_places_that_are_there() -> None:
    places = re.findall(r"^\| `(\w+\.py)`, `(\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert places
    for file, function in places:
        [source] = (REPOSITORY / "template" / "{{ package_name }}").rglob(f"*{file}*")
        assert f"def {function}(" in source.read_text("utf-8")


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.minor)
def test_a_lock_holds_its_release(release: Release) -> None:
    lock = release.lock.read_text(encoding="utf-8")
    assert re.findall(r"^zenml==(.+)", lock, re.MULTILINE) == [release.version]


def test_a_project_asks_for_no_older_zenml_than_the_oldest_tested() -> None:
    assert f'"zenml>={OLDEST.minor},<1"' in read("template/pyproject.toml.jinja")


def test_a_projects_ci_takes_the_oldest_zenml_that_runs_on_a_python() -> None:
    [stated] = re.findall(
        r"set oldest_zenml = (\{.+?\})", read("partials/pythons.jinja"), re.DOTALL
    )
    assert list(ast.literal_eval(stated).items()) == [
        (python, oldest_on(python).minor) for python in read_questions()["python_min"]["choices"]
    ]


def test_a_release_that_does_not_run_on_a_python_gets_the_newest_that_it_knows() -> None:
    assert [rows(python)[0].python for python in ("3.11", "3.13", "3.14")] == [
        "3.11",
        "3.12",
        "3.12",
    ]


def test_the_lifecycle_is_run_once_on_each_release() -> None:
    assert [row.release for row in rows("3.11") if LIFECYCLE in row.suites] == [*RELEASES]


@pytest.mark.parametrize("suite", [*CORE, *OLD])
def test_units_are_run_on_the_oldest_release_and_on_the_newest(suite: str) -> None:
    assert {row.release for row in rows("3.11") if suite in row.suites} == {OLDEST, NEWEST}


def test_one_kind_of_each_runtime_is_run_on_the_oldest_release() -> None:
    assert [KINDS[kind].get("runtime", "host") for kind in OLD] == ["host", "image"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OLD])
def test_the_other_kinds_are_run_on_the_newest(kind: str) -> None:
    assert [row.release for row in rows("3.11") if kind in row.suites] == [NEWEST]


def test_the_contracts_pipelines_are_run_on_the_oldest_release_and_on_the_newest() -> None:
    assert [row.release for row in rows("3.11") if CONTRACT in row.suites] == [OLDEST, NEWEST]


@pytest.mark.parametrize(
    ("release", "inside", "expected"),
    [
        (OLDEST, "", Outcome(2, frozenset(), ())),
        (
            OLDEST,
            '<skipped message="ZenML 0.84.3 has no command steps" />',
            Outcome(1, frozenset({"has no command steps"}), ()),
        ),
        (
            NEWEST,
            '<skipped message="ZenML 0.98.0 has no command steps" />',
            Outcome(1, frozenset(), ("ZenML 0.98.0 has no command steps",)),
        ),
        (OLDEST, '<skipped message="too slow" />', Outcome(1, frozenset(), ("too slow",))),
        (OLDEST, "<failure />", None),
        (OLDEST, "<error />", None),
    ],
)
def test_only_what_an_older_zenml_cannot_do_may_be_skipped(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    release: Release,
    inside: str,
    expected: Outcome | None,
) -> None:
    monkeypatch.setattr(outcomes, "CACHE", tmp_path)
    row = Row(release, "3.11", (LIFECYCLE,))
    folder = outcomes.reports(row, LIFECYCLE)
    folder.mkdir(parents=True)
    (folder / "tests.xml").write_text(REPORT.format(inside))

    assert outcome(row, LIFECYCLE) == expected
