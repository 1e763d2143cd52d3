"""An operator of a remote engine and of images, on the stand-in that the docs show."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sop_new.check.result import Report
from sop_new.errors import Code

from tests.cli.sop_new_runs import REPOSITORY, Ran, failure, program, run

PAGE = REPOSITORY / "docs" / "checking.md"

FLAVOR = """
from zenml.step_operators import BaseStepOperatorConfig, BaseStepOperatorFlavor

class AcmeConfig(BaseStepOperatorConfig):
    url: str

    @property
    def is_remote(self):
        return True

class AcmeFlavor(BaseStepOperatorFlavor):
    name = "acme"
    config_class = AcmeConfig

    @property
    def implementation_class(self):
        from acme.operator import AcmeOperator

        return AcmeOperator
"""
OPERATOR = """
from zenml.config.build_configuration import BuildConfiguration
from zenml.enums import ExecutionStatus, StackComponentType
from zenml.orchestrators.publish_utils import publish_step_run_metadata
from zenml.stack import StackValidator
from zenml.step_operators import BaseStepOperator

STATES = {
    "ACTIVE": ExecutionStatus.RUNNING,
    "DONE": ExecutionStatus.COMPLETED,
    "ERROR": ExecutionStatus.FAILED,
    "KILLED": ExecutionStatus.STOPPED,
}

class AcmeOperator(BaseStepOperator):
    @property
    def validator(self):
        return StackValidator(required_components={StackComponentType.CONTAINER_REGISTRY})

    @property
    def client(self):
        import acme_sdk

        return acme_sdk.Client(self.config.url)

    def get_docker_builds(self, snapshot):
        return [
            BuildConfiguration(key="acme", settings=step.config.docker_settings, step_name=name)
            for name, step in snapshot.step_configurations.items()
            if step.config.uses_step_operator(self.name)
        ]

    def submit(self, info, entrypoint_command, environment):
        job = self.client.submit(
            str(info.step_run_id), info.get_image(key="acme"), entrypoint_command, environment
        )
        publish_step_run_metadata(info.step_run_id, {self.id: {"job": job}})
        info.step_run.run_metadata["job"] = job

    def get_status(self, step_run):
        return STATES[self.client.state(step_run.run_metadata["job"])]

    def cancel(self, step_run):
        self.client.stop(step_run.run_metadata["job"])
"""

NOTING = """
from zenml.config.global_config import GlobalConfiguration

_submit = Client.submit

def submit(self, *given):
    with open({file!r}, "a") as file:
        print(os.getpid(), GlobalConfiguration()._config_file, file=file)
    return _submit(self, *given)

Client.submit = submit
"""


@pytest.fixture
def folder(here: Path) -> Path:
    """A folder with the operator, its configuration, and the stand-in of the docs."""
    (here / "acme").mkdir()
    (here / "acme" / "flavor.py").write_text(FLAVOR)
    (here / "acme" / "operator.py").write_text(OPERATOR)
    (here / "acme.json").write_text(json.dumps({"url": "https://acme.example.org"}))
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(code.splitlines()) < 90
    (here / "fake_acme.py").write_text(code)
    return here


def check(folder: Path, python: Path, *options: str) -> Ran:
    target = ("acme.flavor.AcmeFlavor", "--python", str(python), "--json")
    return run(*program(), "check", *target, *options, folder=folder)


CONFIG = ("--config", "acme.json")
STAND_IN = ("--stand-in", "fake_acme", "--image", "acme/steps:1")


def only(*ids: str) -> tuple[str, ...]:
    return tuple(part for id in ids for part in ("--only", id))


def test_steps_run_to_their_end_and_are_found_and_ended_from_elsewhere(
    folder: Path, python: Path
) -> None:
    noting = NOTING.format(file=str(folder / "configurations"))
    with (folder / "fake_acme.py").open("a") as stand_in:
        stand_in.write(noting)
    ids = ("SOP301", "SOP303", "SOP304", "SOP305", "SOP307", "SOP309", "SOP314", "SOP320", "SOP323")

    ran = check(folder, python, *CONFIG, *STAND_IN, *only(*ids))

    report = Report.model_validate_json(ran.stdout)
    assert {finding.id: finding.said for finding in report.checks if finding.said} == {}
    assert (ran.status, report.passed) == (0, len(ids))
    # A process of ZenML may find a configuration empty that another one writes just then.
    noted = (folder / "configurations").read_text().splitlines()
    of_launchers = dict(line.split() for line in noted)
    assert len({*of_launchers.values()}) == len(of_launchers) > 2


def test_what_is_wrong_with_it_is_found(folder: Path, python: Path) -> None:
    # As ZenML's base class has it: no step of a static pipeline is ever cancelled.
    ran = check(folder, python, *CONFIG, *STAND_IN, *only("SOP301", "SOP317"))

    report = Report.model_validate_json(ran.stdout)
    assert [(finding.id, finding.outcome) for finding in report.checks] == [
        ("SOP301", "passed"),
        ("SOP317", "failed"),
    ]


@pytest.mark.parametrize(
    ("options", "said", "lacks"),
    [
        ((), "it needs a configuration, with url", "--config FILE"),
        ((*CONFIG, "--image", "acme/steps:1"), "No module named 'acme_sdk'", "install it"),
    ],
)
def test_what_is_missing_is_told_with_what_gives_it(
    folder: Path, python: Path, options: tuple[str, ...], said: str, lacks: str
) -> None:
    ran = check(folder, python, *options, *only("SOP301"), "--junit", "report.xml")

    [finding] = Report.model_validate_json(ran.stdout).checks
    assert said in finding.said
    assert lacks in finding.lacks
    assert f"({lacks}" in (folder / "report.xml").read_text()
    assert ran.status == 5


@pytest.mark.parametrize("module", ["no_such_module", "no such; module"])
def test_a_stand_in_that_is_none_is_refused(folder: Path, python: Path, module: str) -> None:
    ran = check(folder, python, "--stand-in", module, *only("SOP301"))

    told = failure(Ran(ran.status, ran.stdout, ""), Code.TARGET_UNUSABLE)
    assert module in told.message
