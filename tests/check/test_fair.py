"""`sop-new check` on operators that others wrote: where they lie, and what they import."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.check.test_pipelines import check, failures, write_by_hand
from tests.cli.sop_new_runs import program, run

ONE_FILE = """
from zenml.step_operators import BaseStepOperator, BaseStepOperatorConfig, BaseStepOperatorFlavor

class HandConfig(BaseStepOperatorConfig):
    pass

class HandOperator(BaseStepOperator):
    def launch(self, info, entrypoint_command, environment):
        pass

class HandFlavor(BaseStepOperatorFlavor):
    name = "hand"
    config_class = HandConfig
    implementation_class = HandOperator
"""
FLAVOR = "by_hand.flavor.HandFlavor"


@pytest.mark.parametrize(
    ("first", "found"), [("operator", "SOP107"), ("settings", "SOP109"), ("no_such_sdk", "SOP109")]
)
def test_a_flavor_that_needs_an_sdk_to_be_imported_is_a_finding(
    here: Path, python: Path, first: str, found: str
) -> None:
    write_by_hand(here, more=", environment", environment="environment")
    for name in ("operator", "settings"):
        module = here / "by_hand" / f"{name}.py"
        text = module.read_text() if module.exists() else ""
        module.write_text(f"import no_such_sdk.client\n{text}")
    (here / "by_hand" / "__init__.py").write_text(
        f"from . import {first}\n" if first != "no_such_sdk" else "import no_such_sdk\n"
    )
    report = check(here, FLAVOR, python, "SOP101", "SOP107", "SOP109", "SOP301")

    [failed] = failures(report).values()
    assert failed.id == found
    assert "No module named 'no_such_sdk'" in failed.said
    others = {finding.said for finding in report.checks if finding.id != found}
    assert others == {f"the flavor cannot be imported: see {found}"}


def test_without_the_check_that_finds_it_nothing_was_looked_at(here: Path, python: Path) -> None:
    write_by_hand(here, more="", environment="{}")
    (here / "by_hand" / "__init__.py").write_text("import no_such_sdk\n")
    command = [*program(), "check", FLAVOR, "--python", str(python), "--only", "SOP101"]

    refused, allowed = (run(*command, *more, folder=here) for more in ((), ("--allow-skips",)))

    assert (refused.status, allowed.status) == (5, 0), refused.stdout + refused.stderr
    assert "0 of 1 checks looked at: 0 passed, 0 failed, 1 not looked at." in refused.stdout


def test_a_client_that_is_missing_when_a_step_is_submitted_is_to_be_installed(
    here: Path, python: Path
) -> None:
    write_by_hand(here, more=", environment", environment="environment")
    operator = here / "by_hand" / "operator.py"
    operator.write_text(
        operator.read_text().replace("command =", "import no_such_sdk\n        command =")
    )
    report = check(here, FLAVOR, python, "SOP301", "SOP303")

    assert not failures(report)
    assert report.unseen == 2
    for finding in report.checks:
        assert "ModuleNotFoundError: No module named 'no_such_sdk'" in finding.said
        assert finding.lacks.startswith("install it")


def test_an_operator_in_the_flavors_file_is_a_minor_matter(here: Path, python: Path) -> None:
    (here / "by_hand.py").write_text(ONE_FILE)
    report = check(here, "by_hand.HandFlavor", python, "SOP107", "SOP108", "SOP110", "SOP111")

    [failed] = failures(report).values()
    assert (failed.id, failed.severity) == ("SOP107", "minor")
    assert "both stand in by_hand" in failed.said


def test_a_src_layout_is_found_by_a_relative_path(here: Path, python: Path) -> None:
    (here / "src").mkdir()
    write_by_hand(here / "src", more=", environment", environment="environment")
    only = ("SOP101", "SOP107", "SOP109", "SOP110", "SOP111")

    report = check(here, FLAVOR, python, *only, PYTHONPATH=f"nowhere{os.pathsep}src")

    assert (report.passed, report.unseen) == (len(only), 0)


def test_a_part_of_a_namespace_is_checked_as_it_is(here: Path, python: Path) -> None:
    (here / "corp").mkdir()
    write_by_hand(here / "corp", more=", environment", environment="environment")
    for module in (here / "corp" / "by_hand").iterdir():
        module.write_text(module.read_text().replace("from by_hand", "from corp.by_hand"))
    only = ("SOP101", "SOP107", "SOP109", "SOP110", "SOP111")

    report = check(here, f"corp.{FLAVOR}", python, *only)

    assert (report.passed, report.unseen) == (len(only), 0)
