"""`sop-new check`: on a project as it is generated, on a broken one, and on what is no flavor."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console
from sop_new import contract
from sop_new.bench import Bench, finding
from sop_new.contract import Check
from sop_new.errors import Code
from sop_new.output import Failure
from sop_new.verdict import Verdict

from tests.cli.conftest import Shared, SopNew
from tests.cli.sop_new_runs import Ran, contents, failure, program, run, succeed, uv
from tests.template.environments import whole_environment
from tests.zenml.versions import NEWEST

FLAVOR = "zenml_acme.flavor.AcmeStepOperatorFlavor"
REASON = "nobody reads [its] documentation"
SKIPPED, WIDTH = "SOP113", 80

WRITTEN_BY_HAND = """
from zenml.step_operators import BaseStepOperatorFlavor

class HandFlavor(BaseStepOperatorFlavor):
    name = "hand"
    config_class = None

    @property
    def implementation_class(self):
        import os
        os._exit(7)

class Other:
    pass
"""


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter of an environment with ZenML and pytest, and nothing of ours."""
    return whole_environment(NEWEST.lock) / "bin" / "python"


def attempt(folder: Path, *arguments: str, where: str = ".") -> None:
    """Check something in a folder, among variables that must not matter, and note what happened."""
    (folder / "tmp").mkdir()
    shutil.copytree(folder / "zenml-acme", folder / "before")
    ran = run(
        *(*program(), "check", *arguments),
        folder=folder / where,
        PATH=f"{Path(uv()).parent}{os.pathsep}{os.environ['PATH']}",
        TMPDIR=str(folder / "tmp"),
        COLUMNS=str(WIDTH),
        NO_COLOR="1",
        ZENML_CONFIG_PATH=str(folder / "users-zenml"),
        ZENML_STORE_URL="https://users.example.org",
        PYTEST_ADDOPTS="--no-such-option",
        CONTRACT_ONLY="none",
    )
    (folder / "ran.json").write_text(json.dumps(asdict(ran)))


def ran_in(folder: Path) -> Ran:
    return Ran(**json.loads((folder / "ran.json").read_text()))


@pytest.fixture(scope="session")
def good(shared: Shared, python: Path) -> Path:
    """A folder with a project as it is generated, which was checked from there."""

    def make(folder: Path) -> None:
        succeed(*program(), "zenml-acme", "--backend", "local", folder=folder)
        skip = ("--skip", f"{SKIPPED.lower()}={REASON}")
        attempt(
            *(folder, "zenml-acme", "--python", str(python), "--json"),
            *("--junit", "report.xml", *skip),
        )

    return shared("check-good", make)


@pytest.fixture(scope="session")
def bad(shared: Shared, python: Path) -> Path:
    """A folder with a project whose flavor has a bad name, two checks of which were run inside."""

    def make(folder: Path) -> None:
        succeed(*program(), "zenml-acme", "--backend", "local", folder=folder)
        flavor = folder / "zenml-acme" / "zenml_acme" / "flavor.py"
        broken = flavor.read_text().replace('"acme"', '"my [acme]"')
        assert "[acme]" in broken
        flavor.write_text(broken)
        only = ("--only", "SOP101", "--only", "SOP102")
        attempt(folder, FLAVOR, "--python", str(python), *only, where="zenml-acme")

    return shared("check-bad", make)


@pytest.fixture
def verdict(good: Path) -> Verdict:
    ran = ran_in(good)
    assert ran.status == 0, ran.stdout + ran.stderr
    return Verdict.model_validate_json(ran.stdout)


def test_a_project_need_not_be_installed_to_pass_all_checks(verdict: Verdict) -> None:
    outcomes = {finding.id: finding.outcome for finding in verdict.checks}

    assert list(outcomes) == [check.id for check in contract.checks()]
    assert "failed" not in outcomes.values()
    assert (verdict.source, verdict.zenml) == (FLAVOR, NEWEST.version)


def test_the_outcomes_are_counted(verdict: Verdict) -> None:
    outcomes = [finding.outcome for finding in verdict.checks]

    assert verdict.failed == 0
    assert verdict.passed == outcomes.count("passed") > 0
    assert verdict.skipped == outcomes.count("skipped") > 0


def test_the_reason_of_a_skip_is_told(verdict: Verdict) -> None:
    [skipped] = [finding for finding in verdict.checks if finding.id == SKIPPED]

    assert (skipped.outcome, skipped.said) == ("skipped", REASON)


def test_a_report_for_other_programs_is_written(good: Path, verdict: Verdict) -> None:
    cases = ElementTree.parse(good / "report.xml").getroot().iter("testcase")
    assert len(list(cases)) >= len(verdict.checks)


def test_progress_is_told_on_stderr(good: Path, verdict: Verdict) -> None:
    count = len(verdict.checks)
    lines = ran_in(good).stderr.splitlines()

    assert any(re.fullmatch(rf"\d+ of {count} checks done; SOP\d+: .+", line) for line in lines)
    assert lines[-1] == f"{count} of {count} checks done"


@pytest.mark.parametrize("outcome", ["good", "bad"])
def test_the_project_is_left_as_it_was(request: pytest.FixtureRequest, outcome: str) -> None:
    folder: Path = request.getfixturevalue(outcome)

    assert contents(folder / "zenml-acme") == contents(folder / "before")


@pytest.mark.parametrize("outcome", ["good", "bad"])
def test_nothing_is_left_behind_and_the_users_zenml_is_not_touched(
    request: pytest.FixtureRequest, outcome: str
) -> None:
    folder: Path = request.getfixturevalue(outcome)

    assert not list((folder / "tmp").iterdir())
    assert not (folder / "users-zenml").exists()


def test_a_failed_check_is_the_exit_status(bad: Path) -> None:
    assert ran_in(bad).status == 1


def test_a_failure_says_what_was_seen_and_expected_and_how_to_mend_it(bad: Path) -> None:
    rule = contract.load().find("SOP102")
    shown = " ".join(ran_in(bad).stdout.split())

    assert "SOP102 FAIL" in shown
    assert "seen the name is 'my [acme]'" in shown
    for kind, text in (("expected", rule.demands), ("why", rule.why), ("mend", rule.mend)):
        assert f"{kind} {text}" in shown


def test_only_what_was_chosen_is_run_and_scored(bad: Path) -> None:
    shown = ran_in(bad).stdout

    assert "1 of 2 checks passed." in shown.splitlines()
    assert "SOP103" not in shown


def test_the_table_fits_a_narrow_terminal(bad: Path) -> None:
    *table, command = ran_in(bad).stdout.splitlines()

    assert max(map(len, table)) <= WIDTH
    assert command.startswith(f"  sop-new check {FLAVOR}")
    assert command.endswith("--only SOP102")


def test_the_worst_failure_is_shown_first(verdict: Verdict) -> None:
    checks = [
        finding.model_copy(update={"outcome": "failed", "said": "broken"})
        for finding in verdict.checks
        if finding.severity != "serious"
    ]
    console = Console(width=WIDTH, record=True, file=StringIO())
    for part in verdict.model_copy(update={"checks": checks}).parts():
        console.print(part)
    shown = re.findall(r"^SOP\d+ \(\w+, (\w+)\)", console.export_text(), re.MULTILINE)

    assert shown == sorted(shown)
    assert set(shown) == {"fatal", "minor"}


def test_a_skip_is_shown_with_its_reason_once(verdict: Verdict) -> None:
    console = Console(width=WIDTH, record=True, file=StringIO())
    verdict.checks = [
        finding.model_copy(update={"outcome": "skipped", "said": REASON})
        for finding in verdict.checks[:2]
    ]
    for part in verdict.parts():
        console.print(part)
    shown = console.export_text()

    assert shown.count(f"({REASON})") == 1
    assert f"(as {verdict.checks[0].id})" in shown


LINE = '{{"id": "SOP101", "outcome": "{}", "said": "{}"}}\n'


@pytest.mark.parametrize(
    ("runs", "outcome", "said"),
    [
        (["passed", "skipped"], "passed", ""),
        (["passed", "failed", "failed"], "failed", "run 1\nrun 2"),
        (["skipped", "skipped"], "skipped", "run 0\nrun 1"),
    ],
)
def test_a_check_of_several_runs_has_one_outcome(
    tmp_path: Path, runs: list[str], outcome: str, said: str
) -> None:
    bench = Bench(tmp_path, "python", tmp_path)
    told = [LINE.format(run, "" if run == "passed" else f"run {i}") for i, run in enumerate(runs)]
    bench.report.write_text("".join(told))
    found = finding(contract.load().find("SOP101"), bench.outcomes["SOP101"])

    assert (found.outcome, found.said) == (outcome, said)


def test_a_line_that_is_still_being_written_does_not_count(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "python", tmp_path)
    bench.report.write_text(LINE.format("passed", "") + LINE.replace("101", "102")[:20])

    assert list(bench.outcomes) == ["SOP101"]


Refused = Callable[..., Failure]


@pytest.fixture
def refused(sop_new: SopNew, here: Path, python: Path) -> Refused:
    """Checks what can't be checked, in a folder with a package of the user's."""
    package = here / "package"
    package.mkdir()
    for name, content in {
        "__init__": "",
        "by_hand": WRITTEN_BY_HAND,
        "needy": "import no_such_package",
        "raises": "raise ValueError('first\\nsecond')",
        "exits": "raise SystemExit(3)",
        "dies": "import os; os._exit(3)",
    }.items():
        (package / f"{name}.py").write_text(content)

    def run(code: Code, *arguments: str, status: int = 2) -> Failure:
        given = () if "--python" in arguments else ("--python", str(python))
        ran = sop_new("check", *arguments, *given, "--json")
        assert ran.status == status
        assert not list(here.rglob("__pycache__"))
        return failure(Ran(ran.status, ran.stdout, ""), code)

    return run


@pytest.mark.parametrize(
    ("target", "message", "hint"),
    [
        ("nothing", "nothing is neither a folder nor the import path", "AcmeStepOperatorFlavor"),
        ("pakage.by_hand.HandFlavor", "There is no module pakage.", "package?"),
        ("package.byhand.HandFlavor", "There is no module package.byhand.", "package.by_hand?"),
        ("package.by_hand.HndFlavor", "package.by_hand has no HndFlavor.", ".HandFlavor?"),
        ("package.by_hand", "package.by_hand is a module", "package.by_hand.HandFlavor?"),
        ("package.by_hand.Other", "no class that derives from", "package.by_hand.HandFlavor?"),
        ("package.needy.Flavor", "No module named 'no_such_package'", "Install"),
        ("package.raises.Flavor", "failed: ValueError: first second", "import package.raises"),
        ("package.exits.Flavor", "failed: SystemExit: 3", "import package.exits"),
        ("package.dies.Flavor", "Importing package.dies.Flavor ended", "define things"),
    ],
)
def test_what_is_no_flavor_is_told_in_a_line(
    refused: Refused, target: str, message: str, hint: str
) -> None:
    told = refused(Code.TARGET_UNUSABLE, target)

    assert message in told.message
    assert hint in told.hint
    assert "\n" not in told.message + told.hint


def test_a_folder_that_is_no_project(refused: Refused) -> None:
    assert "pyproject.toml" in refused(Code.NOT_A_PROJECT, "package").message


def test_a_project_that_cannot_be_built_fails_with_the_reason_of_the_build(
    refused: Refused, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path(uv()).parent), prepend=os.pathsep)
    (here / "acme" / "examples").mkdir(parents=True)
    (here / "acme" / "examples" / "register.py").touch()
    (here / "acme" / "pyproject.toml").write_text("[broken")

    told = refused(Code.TARGET_UNUSABLE, "acme")

    assert told.message.startswith("The project's wheel can't be built: ")
    assert "[broken" in "\n".join(told.output)


@pytest.mark.parametrize("python", ["no-such-python", "package", "true"])
def test_what_is_no_interpreter(refused: Refused, python: str) -> None:
    told = refused(Code.PYTHON_UNUSABLE, "package.by_hand.HandFlavor", "--python", python)
    assert python in told.message


def test_the_active_environment_is_the_default(
    sop_new: SopNew, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(here / "gone"))
    told = failure(sop_new("check", "a.B", "--json"), Code.PYTHON_UNUSABLE)

    assert str(here / "gone" / "bin" / "python") in told.message


def test_an_environment_without_zenml_is_told_how_to_get_it(refused: Refused) -> None:
    told = refused(Code.PYTHON_UNUSABLE, "package.by_hand.HandFlavor", "--python", sys.executable)

    assert told.message.startswith("zenml is not installed")
    assert "install" in told.hint
    assert sys.executable in told.hint


def test_an_environment_without_pytest_is_told_how_to_get_it(
    refused: Refused, here: Path, tmp_path: Path
) -> None:
    succeed(uv(), "venv", "--quiet", "--python", sys.executable, "bare", folder=tmp_path)
    (here / "zenml.py").touch()
    bare = str(tmp_path / "bare" / "bin" / "python")
    told = refused(Code.PYTHON_UNUSABLE, "package.by_hand.HandFlavor", "--python", bare)

    assert told.message.startswith("pytest is not installed")
    assert f"--python {bare} pytest" in told.hint


def test_a_check_that_ends_the_interpreter_is_named(refused: Refused) -> None:
    target = ("package.by_hand.HandFlavor", "--only", "SOP104", "--only", "SOP106")
    told = refused(Code.CHECK_BROKEN, *target, status=1)

    assert "SOP106" in told.message
    assert any("PASSED" in line for line in told.output)


@pytest.mark.parametrize(
    ("wish", "code", "message", "hint"),
    [
        (["--only", "SP101"], Code.CHECK_UNKNOWN, "no check SP101", "SOP101?"),
        (["--skip", "SPO102=no"], Code.CHECK_UNKNOWN, "no check SPO102", "SOP102?"),
        (["--level", "structur"], Code.CHECK_UNKNOWN, "no level structur", "structure?"),
        (["--level", "x"], Code.CHECK_UNKNOWN, "no level x", "structure, config, lifecycle"),
        (["--skip", "SOP101"], Code.USAGE, "gives no reason", "ID=REASON"),
        (["--skip", "SOP101= "], Code.USAGE, "gives no reason", "ID=REASON"),
        (["--config", "nothing.json"], Code.CONFIG_UNREADABLE, "nothing.json", "JSON"),
        (["--config", "package/by_hand.py"], Code.CONFIG_UNREADABLE, "is no JSON", "JSON"),
        (["--junit", "nowhere/report.xml"], Code.WRITE_FAILED, "nowhere/report.xml", "folder"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    refused: Refused, wish: list[str], code: Code, message: str, hint: str
) -> None:
    told = refused(code, "package.by_hand.HandFlavor", *wish, status=code.status)

    assert message in told.message
    assert hint in told.hint


def test_a_target_is_needed(sop_new: SopNew) -> None:
    assert "TARGET" in failure(sop_new("check", "--json"), Code.USAGE).message


def test_a_check_is_explained_without_a_target(sop_new: SopNew) -> None:
    rule = contract.load().find("SOP102")
    ran = sop_new("check", "--explain", "sop102")
    shown = " ".join(ran.stdout.split())

    assert ran.status == 0
    for text in (rule.id, rule.level, rule.demands, rule.why, rule.mend):
        assert text in shown


def test_an_explanation_is_one_object(sop_new: SopNew) -> None:
    told = json.loads(sop_new("check", "--explain", "SOP102", "--json").stdout)
    assert told.keys() == Check.model_fields.keys() - {"test"}


def test_an_unknown_check_is_not_explained(sop_new: SopNew) -> None:
    ran = sop_new("check", "--explain", "SP102", "--json")
    assert "SOP102?" in failure(ran, Code.CHECK_UNKNOWN).hint


def test_an_installed_package_carries_the_contract(installed: Path, here: Path) -> None:
    told = succeed(*program(installed), "check", "--explain", "SOP101", "--json", folder=here)
    assert json.loads(told) == contract.load().find("SOP101").model_dump()
