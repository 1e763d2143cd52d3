"""`sop-new check`: the contract, on any flavor, in the environment that the flavor lives in."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sop_new.check import catalogue
from sop_new.check.catalogue import Catalogue
from sop_new.check.page import page
from sop_new.check.result import Check, Checks, Finding, Report
from sop_new.check.sandbox import Sandbox
from sop_new.check.targets import interpreter, project_of
from sop_new.errors import Code, SopNewError
from sop_new.running import isolation

ID = re.compile(r"\bSOP\d{3}\b")


@dataclass(frozen=True)
class Wishes:
    """What is to be checked of a target, and how.

    Attributes:
        python: the interpreter of the target's environment; None for that of the project's `.venv`,
            or of the active environment.
        levels: names of levels; where there are none, all.
        only: ids of checks; where there are none, all.
        skips: texts of the form ID=REASON.
        config: a file with a component's configuration, as JSON.
        image: the image that runs the steps; None for those that ZenML builds, if any.
        stand_in: name of a module that takes the place of the engine.
        junit: the file that takes pytest's report.
        html: the file that takes a page for people.
    """

    python: str | None = None
    levels: list[str] = field(default_factory=list)
    only: list[str] = field(default_factory=list)
    skips: list[str] = field(default_factory=list)
    config: Path | None = None
    image: str | None = None
    stand_in: str | None = None
    junit: Path | None = None
    html: Path | None = None


def explain(id: str | None) -> Check | Checks:
    """One check of the contract, or all. Raises SopNewError if there is none of this id."""
    rules = catalogue.load()
    return rules.find(id) if id else Checks(checks=rules.checks)


def check(target: str, wishes: Wishes) -> Report:
    """Run the contract on a flavor.

    Args:
        target: import path of the flavor's class, or a project's folder; nothing in it is changed.
        wishes: what is to be checked, and how.

    Raises:
        SopNewError: the target can't be checked, or a wish makes no sense.
    """
    rules = catalogue.load()
    checks = rules.choose(wishes.levels, wishes.only)
    skips = _reasons(rules, wishes.skips)
    _refuse_config(wishes.config)
    for file in filter(None, (wishes.junit, wishes.html)):
        _refuse_place(file)
    project = project_of(target)
    python = interpreter(wishes.python, project)
    with isolation.workroom("check") as folder:
        also = (Path.cwd(),) if wishes.stand_in else ()
        sandbox = Sandbox(folder, python, folder / "site" if project else Path.cwd(), also)
        if project:
            sandbox.build(project)
        found = sandbox.look_at(str(sandbox.home) if project else target)
        if wishes.stand_in:
            sandbox.try_stand_in(wishes.stand_in)
        findings = sandbox.findings(
            checks,
            found,
            CONTRACT_SKIPS=json.dumps(skips),
            CONTRACT_CONFIG=str(wishes.config.absolute()) if wishes.config else "",
            CONTRACT_IMAGE=wishes.image or "",
            CONTRACT_STAND_IN=wishes.stand_in or "",
        )
        follow(findings, skips)
        if wishes.junit:
            shutil.copyfile(sandbox.junit, wishes.junit)
    count = [finding.outcome for finding in findings].count
    report = Report(
        target=target,
        source=found.source,
        python=python,
        zenml=found.zenml,
        passed=count("passed"),
        failed=count("failed"),
        skipped=count("skipped"),
        unseen=sum(bool(finding.lacks) for finding in findings),
        checks=findings,
        next=_again(target, wishes, findings),
    )
    if wishes.html:
        wishes.html.write_text(page(report), encoding="utf-8")
    return report


def _reasons(rules: Catalogue, skips: Sequence[str]) -> dict[str, str]:
    """The reasons for what is to be skipped, by id."""
    reasons = {}
    for text in skips:
        id, _, reason = text.partition("=")
        if not reason.strip():
            raise SopNewError(
                Code.USAGE,
                f"--skip {text} gives no reason.",
                f"Write it as ID=REASON: --skip '{id or 'SOP101'}=the engine has no GPUs'",
            )
        reasons[rules.find(id).id] = reason.strip()
    return reasons


def _refuse_config(config: Path | None) -> None:
    if config is None:
        return
    try:
        content = json.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        why = f"can't be read: {error.strerror}"
    except ValueError as error:
        why = f"is no JSON: {error}"
    else:
        if isinstance(content, dict):
            return
        why = "holds no JSON object"
    raise SopNewError(
        Code.CONFIG_UNREADABLE,
        f"The configuration {config} {why}.",
        'It must be a JSON object of a component\'s configuration: {"queue": "short"}',
    )


def _refuse_place(file: Path) -> None:
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise SopNewError(
            Code.WRITE_FAILED,
            f"{file} is no place for a report.",
            "Name a file in a folder that is there, as in --junit report.xml --html report.html",
        )


def follow(findings: Sequence[Finding], skips: Collection[str]) -> None:
    """What leaves the word to another check was not looked at, unless that one has failed."""
    failed = {finding.id for finding in findings if finding.outcome == "failed"}
    for finding in findings:
        if finding.outcome == "skipped" and not finding.lacks and finding.id not in skips:
            named = ID.findall(finding.said)
            if named and not failed.intersection(named):
                finding.lacks = f"--only {named[0]} tells what became of that check"


def _again(target: str, wishes: Wishes, findings: Sequence[Finding]) -> list[str]:
    """The command that checks again what failed."""
    failed = [finding.id for finding in findings if finding.outcome == "failed"]
    given = {
        "--python": wishes.python,
        "--config": wishes.config,
        "--image": wishes.image,
        "--stand-in": wishes.stand_in,
    }
    options = [part for name, value in given.items() if value for part in (name, str(value))]
    chosen = [part for id in failed for part in ("--only", id)]
    return [shlex.join(["sop-new", "check", target, *options, *chosen])] if failed else []
