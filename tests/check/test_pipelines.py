"""`sop-new check` where it runs pipelines, or finds that it can run none."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from glob import glob
from pathlib import Path

import pytest
from sop_new.check import catalogue
from sop_new.check.result import Finding, Report
from sop_new.errors import Code

from tests.cli.sop_new_runs import program, run, succeed, uv
from tests.cli.test_interrupts import heed_signals, wait_for

FLAVOR = """
from zenml.step_operators import BaseStepOperatorConfig, BaseStepOperatorFlavor

class HandConfig(BaseStepOperatorConfig):
    pass

class HandFlavor(BaseStepOperatorFlavor):
    name = "hand"
    config_class = HandConfig

    @property
    def implementation_class(self):
        from by_hand.operator import HandOperator

        return HandOperator
"""

OPERATOR = """
import os
import subprocess

from zenml.step_operators import BaseStepOperator

class HandOperator(BaseStepOperator):
    def launch(self, info, entrypoint_command{more}):
        command = " ".join(entrypoint_command)
        environment = os.environ | {environment}
        subprocess.run(command, shell=True, env=environment, check=True)
"""


def check(folder: Path, target: str, python: Path, *only: str, **variables: str) -> Report:
    """What comes of some checks."""
    (folder / "tmp").mkdir()
    ran = run(
        *(*program(), "check", target, "--python", str(python), "--json"),
        *(part for id in only for part in ("--only", id)),
        folder=folder,
        TMPDIR=str(folder / "tmp"),
        **{"PATH": f"{Path(uv()).parent}{os.pathsep}{os.environ['PATH']}", **variables},
    )
    assert not list((folder / "tmp").iterdir())
    return Report.model_validate_json(ran.stdout)


def write_by_hand(folder: Path, **operator: str) -> str:
    """An operator as many begin; returns the import path of its flavor."""
    package = folder / "by_hand"
    package.mkdir()
    (package / "flavor.py").write_text(FLAVOR)
    (package / "operator.py").write_text(OPERATOR.format(**operator))
    return "by_hand.flavor.HandFlavor"


def failures(report: Report) -> dict[str, Finding]:
    return {finding.id: finding for finding in report.checks if finding.outcome == "failed"}


def test_an_operator_that_zenml_cannot_call_is_told_so_and_not_run(
    here: Path, python: Path
) -> None:
    # As ZenML's documentation still shows it.
    target = write_by_hand(here, more="", environment="{}")
    ids = [check.id for check in catalogue.checks() if check.level in ("structure", "lifecycle")]
    report = check(here, target, python, *ids)

    assert failures(report).keys() == {"SOP117", "SOP121"}
    lifecycle = [finding for finding in report.checks if finding.level == "lifecycle"]
    assert {finding.outcome for finding in lifecycle} == {"skipped"}
    assert "nothing can run: see SOP121" in {finding.said for finding in lifecycle}


def test_an_operator_written_by_hand_runs_and_is_told_what_it_gets_wrong(
    here: Path, python: Path
) -> None:
    target = write_by_hand(here, more=", environment", environment="environment")
    only = ("SOP301", "SOP302", "SOP303", "SOP310", "SOP314", "SOP319")
    report = check(here, target, python, *only)

    found = failures(report)
    assert found.keys() == {"SOP302", "SOP310"}
    assert "it's $HOME & more" in found["SOP302"].said
    outcomes = {finding.id: finding.outcome for finding in report.checks}
    assert outcomes["SOP303"] == outcomes["SOP314"] == "passed"
    assert outcomes["SOP319"] == "skipped"


@pytest.mark.parametrize(
    ("backend", "reason", "remedy"),
    [
        ("slurm", "SlurmError: There is no squeue on PATH", "start its engine; --config FILE"),
        ("blank", "zenml_acme/engine/client.py is still to be written", "write it; until then"),
    ],
)
def test_what_can_run_no_step_here_is_skipped_with_the_reason(
    here: Path, python: Path, backend: str, reason: str, remedy: str
) -> None:
    succeed(*program(), "zenml-acme", "--backend", backend, folder=here)
    # Where Slurm's clients are installed, they would be asked for minutes.
    (here / "bin").mkdir()
    (here / "bin" / "uv").symlink_to(uv())
    path = str(here / "bin")
    report = check(here, "zenml-acme", python, "SOP101", "SOP301", "SOP317", PATH=path)

    looked_at, *run = report.checks
    assert looked_at.outcome == "passed"
    for finding in run:
        assert finding.outcome == "skipped"
        assert finding.said.startswith("it can run no step here: ")
        assert reason in finding.said
        assert finding.lacks.startswith(remedy)
    assert report.unseen == len(run)


def test_ctrl_c_ends_the_step_that_runs_and_removes_all(here: Path, python: Path) -> None:
    succeed(*program(), "zenml-acme", "--backend", "local", folder=here)
    place = here / "tmp"
    place.mkdir()

    def found(pattern: str) -> list[str]:
        # Folders may go meanwhile, which those of pathlib would raise.
        return glob(f"{place}/**/{pattern}", recursive=True)  # noqa: PTH207

    process = subprocess.Popen(
        [*program(), "check", "zenml-acme", "--python", str(python), "--only", "SOP317"],
        cwd=here,
        env=os.environ
        | {
            "TMPDIR": str(place),
            "PATH": f"{Path(uv()).parent}{os.pathsep}{os.environ['PATH']}",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_signals,
    )
    try:
        # What the step that waits leaves in the artifact store.
        wait_for(lambda: found("contract/waiting-*/*"))
        assert found("jobs/zenml-*/claim")
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    assert process.returncode == Code.INTERRUPTED.status
    assert "Traceback" not in told
    assert not list(place.iterdir())
    assert not list(processes_below(place))


def processes_below(folder: Path) -> list[str]:
    """The processes that stand in a folder, even if it is gone."""
    listed = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=True)
    found = []
    for pid in listed.stdout.split():
        with suppress(OSError):
            if str(folder) in str(Path(f"/proc/{pid}/cwd").readlink()):
                found.append(pid)
    return found
