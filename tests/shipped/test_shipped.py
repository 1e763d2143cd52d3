"""The contract judges fairly what it was not written for: the step operators that ZenML ships."""

import json
import subprocess
from pathlib import Path

import pytest
from sop_new.check.result import Report

from tests.shipped.operators import OPERATORS, Shipped
from tests.shipped.scoreboard import kept
from tests.template.environments import lay_over, uv, whole_environment
from tests.template.rendering import REPOSITORY
from tests.zenml.versions import NEWEST

SOP_NEW = REPOSITORY / ".venv" / "bin" / "sop-new"


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.integration)
def test_a_shipped_operator_is_judged(operator: Shipped, tmp_path: Path) -> None:
    environment = lay_over(whole_environment(NEWEST.lock), tmp_path / "environment")
    uv(
        *("pip", "install", "--python", str(environment.python)),
        *("--no-deps", "--requirement", str(operator.lock)),
    )
    config = tmp_path / "config.json"
    config.write_text(json.dumps(operator.config))

    told = subprocess.run(
        [
            *(SOP_NEW, "check", operator.source, "--json", "--python", environment.python),
            *("--level", "structure", "--level", "config"),
            *(("--config", config) if operator.config else ()),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert told.returncode in (0, 1), told.stdout + told.stderr
    assert "Traceback" not in told.stderr
    report = Report.model_validate_json(told.stdout)
    assert report.zenml == NEWEST.version
    reasons = {check.said for check in report.checks if check.outcome == "skipped"}
    for shortcoming in ("not installed", "needs a configuration", "cannot be used"):
        assert not [reason for reason in reasons if shortcoming in reason]
    kept(operator).parent.mkdir(parents=True, exist_ok=True)
    kept(operator).write_text(told.stdout, encoding="utf-8")
