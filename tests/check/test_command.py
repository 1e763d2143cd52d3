"""`sop-new check`: on a project as it is generated, on a broken one, and on what is no flavor."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from rich.console import Console
from sop_new.check import catalogue
from sop_new.check.check import follow
from sop_new.check.page import page
from sop_new.check.result import Check, Finding, Report
from sop_new.check.sandbox import Sandbox, finding
from sop_new.errors import Code

from tests.cli.conftest import Shared, SopNew
from tests.cli.sop_new_runs import Ran, contents, failure, program, run, succeed, uv
from tests.zenml.versions import NEWEST

# While one process checks a project, the others had better not wait for it.
pytestmark = pytest.mark.xdist_group("check")

FLAVOR = "zenml_acme.flavor.AcmeStepOperatorFlavor"
REASON = "nobody reads [its] documentation"
SKIPPED, WIDTH = "SOP113", 80
# With a pipeline among them. All of the contract is run on a project of every kind.
LEVELS = ("structure", "config", "secrets")


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
            *("--junit", "report.xml", "--html", "report.html", *skip),
            *(part for level in LEVELS for part in ("--level", level)),
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
def report(good: Path) -> Report:
    ran = ran_in(good)
    assert ran.status == 0, ran.stdout + ran.stderr
    return Report.model_validate_json(ran.stdout)


def test_a_project_need_not_be_installed_to_pass(report: Report) -> None:
    outcomes = {finding.id: finding.outcome for finding in report.checks}

    assert list(outcomes) == [check.id for check in catalogue.checks() if check.level in LEVELS]
    assert "failed" not in outcomes.values()
    assert (report.source, report.zenml) == (FLAVOR, NEWEST.version)


def test_a_project_is_known_to_come_from_no_index(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or an operator of images would let them install it from there."""
    monkeypatch.setenv("PATH", f"{Path(uv()).parent}{os.pathsep}{os.environ['PATH']}")
    succeed(*program(), "zenml-acme", "--backend", "docker", folder=tmp_path)
    (tmp_path / "tmp").mkdir()
    sandbox = Sandbox(tmp_path, str(python), tmp_path / "site")

    sandbox.build(tmp_path / "zenml-acme")

    ask = (
        "from zenml_acme._core.environment.packages import distribution as own;"
        "print(own.on_index(), *sorted(own.image_requirements()))"
    )
    assert sandbox.run(str(python), "-c", ask).lines == ("False docker<8,>=7.1",)


def test_the_outcomes_are_counted(report: Report) -> None:
    outcomes = [finding.outcome for finding in report.checks]

    assert report.failed == 0
    assert report.passed == outcomes.count("passed") > 0
    assert report.skipped == outcomes.count("skipped") > 0


def test_the_reason_of_a_skip_is_told(report: Report) -> None:
    [skipped] = [finding for finding in report.checks if finding.id == SKIPPED]

    assert (skipped.outcome, skipped.said) == ("skipped", REASON)


def test_a_report_for_other_programs_is_written(good: Path, report: Report) -> None:
    cases = ElementTree.parse(good / "report.xml").getroot().iter("testcase")
    assert len(list(cases)) >= len(report.checks)


def test_a_page_for_people_is_written(good: Path, report: Report) -> None:
    assert (good / "report.html").read_text() == page(report)


def test_progress_is_told_on_stderr(good: Path, report: Report) -> None:
    count = len(report.checks)
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
    rule = catalogue.load().find("SOP102")
    shown = " ".join(ran_in(bad).stdout.split())

    assert "SOP102 FAIL" in shown
    assert "seen the name is 'my [acme]'" in shown
    for kind, text in (("expected", rule.demands), ("why", rule.why), ("mend", rule.mend)):
        assert f"{kind} {text}" in shown


def test_only_what_was_chosen_is_run_and_scored(bad: Path) -> None:
    shown = ran_in(bad).stdout

    assert "2 of 2 checks looked at: 1 passed, 1 failed." in shown.splitlines()
    assert "SOP103" not in shown


def test_the_table_fits_a_narrow_terminal(bad: Path) -> None:
    *table, command = ran_in(bad).stdout.splitlines()

    assert max(map(len, table)) <= WIDTH
    assert command.startswith(f"  sop-new check {FLAVOR}")
    assert command.endswith("--only SOP102")


def test_the_worst_failure_is_shown_first(report: Report) -> None:
    checks = [
        finding.model_copy(update={"outcome": "failed", "said": "broken"})
        for finding in report.checks
        if finding.severity != "serious"
    ]
    console = Console(width=WIDTH, record=True, file=StringIO())
    for part in report.model_copy(update={"checks": checks}).parts():
        console.print(part)
    shown = re.findall(r"^SOP\d+ \(\w+, (\w+)\)", console.export_text(), re.MULTILINE)

    assert shown == sorted(shown)
    assert set(shown) == {"fatal", "minor"}


def test_a_skip_is_shown_with_its_reason_once(report: Report) -> None:
    console = Console(width=WIDTH, record=True, file=StringIO())
    report.checks = [
        finding.model_copy(update={"outcome": "skipped", "said": REASON})
        for finding in report.checks[:2]
    ]
    for part in report.parts():
        console.print(part)
    shown = console.export_text()

    assert shown.count(f"({REASON})") == 1
    assert f"(as {report.checks[0].id})" in shown


def skipped(finding: Finding, said: str, lacks: str = "") -> Finding:
    return finding.model_copy(update={"outcome": "skipped", "said": said, "lacks": lacks})


def test_what_could_not_be_looked_at_is_counted_apart_and_said_once(report: Report) -> None:
    lacking = [skipped(finding, "no engine", "--config FILE") for finding in report.checks[:3]]
    spared = [skipped(finding, "it has no secrets") for finding in report.checks[3:5]]
    console = Console(width=WIDTH, record=True, file=StringIO())
    update = {"checks": [*lacking, *spared], "passed": 0, "failed": 0, "skipped": 5, "unseen": 3}
    for part in report.model_copy(update=update).parts():
        console.print(part)
    shown = console.export_text()

    assert shown.count(f"not looked at: {lacking[0].id} and 2 more") == 1
    assert "since    no engine" in shown
    assert "remedy   --config FILE" in shown
    assert "0 of 5 checks looked at: 0 passed, 0 failed, 2 skipped, 3 not looked at." in shown


@pytest.mark.parametrize(
    ("other", "unseen"), [("failed", False), ("passed", True), ("skipped", True), ("", True)]
)
def test_what_leaves_the_word_to_a_check_that_has_not_failed_was_not_looked_at(
    report: Report, other: str, unseen: bool
) -> None:
    first, second = report.checks[:2]
    findings = [skipped(first, f"nothing can run: see {second.id}")]
    if other:
        findings.append(second.model_copy(update={"outcome": other, "said": "seen"}))

    follow(findings, skips=())

    assert (f"--only {second.id}" in findings[0].lacks) == unseen


def test_what_somebody_skips_needs_no_look(report: Report) -> None:
    finding = skipped(report.checks[0], "as SOP102 says")

    follow([finding], skips={finding.id})

    assert not finding.lacks


LINE = '{{"id": "SOP101", "outcome": "{}", "said": "{}", "lacks": "", "severity": "fatal"}}\n'


def test_a_finding_may_weigh_less_than_its_check(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, "python", tmp_path)
    sandbox.report.write_text(LINE.format("failed", "").replace("fatal", "minor"))

    found = finding(catalogue.load().find("SOP101"), sandbox.outcomes["SOP101"])

    assert found.severity == "minor"


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
    sandbox = Sandbox(tmp_path, "python", tmp_path)
    told = [LINE.format(run, "" if run == "passed" else f"run {i}") for i, run in enumerate(runs)]
    sandbox.report.write_text("".join(told))
    found = finding(catalogue.load().find("SOP101"), sandbox.outcomes["SOP101"])

    assert (found.outcome, found.said) == (outcome, said)


def test_a_line_that_is_still_being_written_does_not_count(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, "python", tmp_path)
    sandbox.report.write_text(LINE.format("passed", "") + LINE.replace("101", "102")[:20])

    assert list(sandbox.outcomes) == ["SOP101"]


def test_a_projects_ci_names_the_interpreter_that_it_has_made(python: Path, here: Path) -> None:
    succeed(*program(), "zenml-acme", "--backend", "local", folder=here)
    project = here / "zenml-acme"
    (project / ".venv").symlink_to(python.parents[1])
    workflow = yaml.safe_load((project / ".github" / "workflows" / "ci.yml").read_text())
    command = workflow["jobs"]["check"]["steps"][-1]["run"]

    path = os.pathsep.join([str(Path(program()[0]).parent), os.environ["PATH"]])
    ran = run("bash", "-e", "-c", f"{command} --only SOP101", folder=project, PATH=path)

    assert ran.status == 0, ran.stdout + ran.stderr
    assert "1 of 1 checks looked at: 1 passed, 0 failed." in ran.stdout


def test_a_check_is_explained_without_a_target(sop_new: SopNew) -> None:
    rule = catalogue.load().find("SOP102")
    ran = sop_new("check", "--explain", "sop102")
    shown = " ".join(ran.stdout.split())

    assert ran.status == 0
    for text in (rule.id, rule.level, rule.demands, rule.why, rule.mend):
        assert text in shown


def test_without_an_id_all_checks_are_explained_in_a_line_each(sop_new: SopNew) -> None:
    shown = sop_new("check", "--explain").stdout
    told = json.loads(sop_new("check", "--explain", "--json").stdout)

    for rule in catalogue.checks():
        assert rule.id in shown
        assert rule.demands.split()[0] in shown
    assert [each["id"] for each in told["checks"]] == [rule.id for rule in catalogue.checks()]


def test_an_explanation_is_one_object(sop_new: SopNew) -> None:
    told = json.loads(sop_new("check", "--explain", "SOP102", "--json").stdout)
    assert told.keys() == Check.model_fields.keys() - {"test"}


def test_an_unknown_check_is_not_explained(sop_new: SopNew) -> None:
    ran = sop_new("check", "--explain", "SP102", "--json")
    assert "SOP102?" in failure(ran, Code.CHECK_UNKNOWN).hint


def test_an_installed_package_carries_the_contract(installed: Path, here: Path) -> None:
    told = succeed(*program(installed), "check", "--explain", "SOP101", "--json", folder=here)
    assert json.loads(told) == catalogue.load().find("SOP101").model_dump()
