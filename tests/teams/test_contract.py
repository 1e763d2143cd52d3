"""The contract, whole, on a backend that only a team's template knows, with its queue running."""

import json
import os
from pathlib import Path

from sop_new.check import catalogue
from sop_new.check.result import Report

from tests.cli.sop_new_runs import program, run, uv
from tests.teams.own_backend import Queue
from tests.template.projects import Project


def test_all_of_the_contract_holds_and_the_queue_is_empty_afterwards(
    acmes_project: Project, queue: Queue, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.touch(mode=0o600)
    config.write_text(json.dumps({"url": queue.url, "token": queue.token}))

    ran = run(
        *(*program(), "check", str(acmes_project.folder), "--json", "--config", str(config)),
        *("--python", str(acmes_project.environment.base / "bin" / "python")),
        folder=tmp_path,
        PATH=f"{Path(uv()).parent}{os.pathsep}{os.environ['PATH']}",
    )

    report = Report.model_validate_json(ran.stdout)
    not_passed = {check.id: check.said for check in report.checks if check.outcome != "passed"}
    assert not_passed == {
        "SOP131": "it asks for no images",
        "SOP132": "it asks for no entrypoint",
        "SOP407": "SOP_NEW_RECORDED_CALLS names no file with what an engine was sent",
    }
    assert not report.unseen
    assert len(report.checks) == len(catalogue.checks())
    assert queue.token not in ran.stdout + ran.stderr
    assert not queue.jobs()
    assert not list(queue.folder.iterdir())


def test_its_tests_on_the_real_engine_find_the_queue(acmes_project: Project, queue: Queue) -> None:
    variables = {"ACMEQ_URL": queue.url, "ACMEQ_TOKEN": queue.token}
    told = acmes_project.run("-m", "pytest", "-p", "no:cacheprovider", "tests/e2e", **variables)

    assert "1 passed" in told
    assert not queue.jobs()
