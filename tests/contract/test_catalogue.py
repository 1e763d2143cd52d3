"""The contract's checks, as they are read from its files, and the page about them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping

import pytest
from sop_new.check import catalogue
from sop_new.check.catalogue import Catalogue
from sop_new.check.result import Check
from sop_new.errors import Code, SopNewError

from tests.contract.docs import PAGE, is_stale
from tests.mutants import grid, live, static
from tests.template.environments import whole_environment
from tests.zenml.versions import NEWEST

CHECKS = catalogue.checks()
SOURCE = re.compile(r"ZenML 0\.\d+[^()]*? (?P<place>[\w/]+\.py)")


def test_the_page_shows_the_checks_as_they_are() -> None:
    assert not is_stale(), f"{PAGE.name}: run `make contract-docs`"


def test_no_test_of_the_contract_is_missing() -> None:
    tests = {
        f"{file.name}::{node.name}"
        for file in catalogue.FOLDER.glob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }

    assert {check.test for check in CHECKS} == tests


def test_no_two_checks_share_an_id() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.id))
def test_a_check_says_what_it_demands_and_why_and_what_to_do(check: Check) -> None:
    assert re.fullmatch(r"SOP\d{3}", check.id)
    for text in (check.demands, check.why, check.mend):
        assert re.fullmatch(r"\S.*[.]", text), text
        assert "  " not in text
    assert SOURCE.search(check.why), "it names no release of ZenML and no place in its source"


def test_the_places_that_reasons_name_are_in_zenmls_source() -> None:
    [zenml] = whole_environment(NEWEST.lock).glob("lib/python*/site-packages/zenml")
    places = {found["place"] for check in CHECKS for found in SOURCE.finditer(check.why)}

    assert not [place for place in sorted(places) if not (zenml / place).is_file()]


def test_every_check_has_a_broken_operator() -> None:
    assert sorted([*static.MUTANTS, *live.MUTANTS]) == [check.id for check in CHECKS]


def test_each_broken_operator_is_looked_at_alone_or_in_two_lines_of_a_grid() -> None:
    groups = (*grid.TO_LOOK_AT, *grid.TO_RUN)
    times = Counter(mutant.check for group in groups for mutant in group)

    # After one of these there is nothing else to see.
    assert times == {check.id: 1 if check.severity == "fatal" else 2 for check in CHECKS}


def test_what_a_check_plays_it_has_named_so_that_it_happens_beside_others() -> None:
    for file in catalogue.FOLDER.glob("test_*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                named = {text for call in calls(node, "plays") for text in texts(call)}
                played = {text for call in calls(node, "running.play") for text in texts(call)}
                assert played <= named, f"{file.name}::{node.name}"


def calls(node: ast.FunctionDef, name: str) -> list[ast.Call]:
    found = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    return [call for call in found if ast.unparse(call.func) == name]


def texts(call: ast.Call) -> list[str]:
    return [str(arg.value) for arg in call.args if isinstance(arg, ast.Constant)]


def small(**files: str) -> Catalogue:
    """A contract of a few lines."""
    levels: Mapping[str, str] = {"checks.py": 'LEVELS = {"1": "structure", "2": "config"}'}
    texts = {**levels, **{f"{name}.py": text for name, text in files.items()}}
    return Catalogue({name: text.encode() for name, text in texts.items()})


CHECK = (
    '@check("SOP{}", severity="minor", demands="a" "b", why="c", mend="d")\ndef test_{}(): ...\n'
)


def test_checks_are_read_without_running_anything() -> None:
    [check] = small(test_a="raise SystemExit\n" + CHECK.format(201, "it")).checks

    assert (check.id, check.level, check.demands) == ("SOP201", "config", "ab")
    assert check.test == "test_a.py::test_it"


def test_checks_come_in_the_order_of_their_ids() -> None:
    rules = small(test_a=CHECK.format(201, "a"), test_b=CHECK.format(101, "b"))

    assert [check.id for check in rules.checks] == ["SOP101", "SOP201"]


@pytest.mark.parametrize(
    ("levels", "only", "chosen"),
    [
        ([], [], ["SOP101", "SOP201"]),
        (["config"], [], ["SOP201"]),
        ([], ["sop101"], ["SOP101"]),
        (["config"], ["SOP201", "SOP101"], ["SOP201"]),
    ],
)
def test_checks_are_chosen_by_level_and_id(
    levels: list[str], only: list[str], chosen: list[str]
) -> None:
    rules = small(test_a=CHECK.format(101, "a") + CHECK.format(201, "b"))

    assert [check.id for check in rules.choose(levels, only)] == chosen


def test_a_choice_of_nothing_is_refused() -> None:
    with pytest.raises(SopNewError) as refused:
        small(test_a=CHECK.format(101, "a")).choose(["config"], [])
    assert refused.value.code is Code.USAGE
