"""The step operator's lifecycle, in real runs of ZenML on an engine of subprocesses."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pipelines
import pytest
from zenml.client import Client
from zenml.config import DockerSettings, ResourceSettings
from zenml.config.step_configurations import StepConfiguration
from zenml.enums import ExecutionStatus
from zenml_acme._core.engine import Job
from zenml_acme._core.environment.workdir import work_folder
from zenml_acme._core.lifecycle import reconciling, waiting
from zenml_acme._core.lifecycle.metadata import publish
from zenml_acme._core.options import UnknownSettingError
from zenml_acme._core.resources import Resources, UnsupportedError
from zenml_acme.config import AcmeStepOperatorSettings
from zenml_acme.operator import AcmeStepOperator

from tests.core.units.fake_engine import FakeEngine, use_fake_engine

AWKWARD = """a b 'c' "d" $HOME `e` \\f
{g} \N{SNOWMAN}"""
CANARY = "canary-in-the-environment"
"""Too long for a word, and so taken for a secret under any name."""
CANARY_SET = DockerSettings(environment={"CANARY": CANARY})


def step_operator() -> AcmeStepOperator:
    found = Client().active_stack.step_operator
    assert isinstance(found, AcmeStepOperator)
    return found


def last_step() -> Any:
    (step,) = Client().list_run_steps(sort_by="desc:created", size=1).items
    return Client().get_run_step(step.id)


def a_step_run(operator: str) -> Any:
    config = StepConfiguration(name="step", step_operator=operator)
    return SimpleNamespace(id=uuid4(), name="step", config=config)


@dataclass
class Success:
    """A run that succeeded, although the engine was not always there."""

    run: Any
    engine: FakeEngine
    job: Job
    log: str
    noted_at_first: dict[str, str]

    def output(self, name: str) -> Any:
        return self.run.steps["look_around"].outputs[name][0].load()


@pytest.fixture(scope="module")
def success(stack: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Success]:
    """One real run for many tests to look at."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    # ZenML writes settings into its own debug log.
    handler.setLevel(logging.INFO)
    looking = pipelines.looking.with_options(
        settings={
            "docker": CANARY_SET,
            "resources": ResourceSettings(gpu_count=1, memory="500MB"),
        },
    )
    noted: dict[str, str] = {}
    with use_fake_engine(tmp_path_factory.mktemp("jobs")) as engine:
        engine.faults = [ConnectionError("out for lunch"), TimeoutError("still out")]
        engine.queued = 2
        engine.forgotten = 2
        engine.at_first_question = lambda: noted.update(last_step().run_metadata["job"])
        logging.getLogger().addHandler(handler)
        run = looking(AWKWARD)
        logging.getLogger().removeHandler(handler)
        (job,) = engine.jobs.values()
        yield Success(run, engine, job, log.getvalue(), noted)


def test_a_step_gets_its_arguments_as_they_are(success: Success) -> None:
    assert success.output("text") == AWKWARD


def test_a_step_runs_in_a_place_of_its_own(success: Success) -> None:
    home = success.engine.folder / success.job.name

    seen = success.output("place")
    assert Path(seen["folder"]).is_relative_to(home)
    assert Path(seen["ZENML_CONFIG_PATH"]).is_relative_to(home)


def test_the_environment_reaches_the_step_alone(success: Success) -> None:
    assert success.output("place")["CANARY"] == CANARY
    assert CANARY not in repr(success.job)
    assert CANARY not in success.log


def test_a_job_can_be_found_by_what_it_belongs_to(success: Success) -> None:
    assert success.job.labels == {
        "pipeline": "looking",
        "run": success.run.name,
        "step": "look_around",
    }


def test_a_steps_job_is_known_in_zenml(success: Success) -> None:
    step_run = Client().get_run_step(success.run.steps["look_around"].id)
    noted = step_run.run_metadata["job"]

    found = {"number": f"number of {success.job.name}", "node": "n1"}
    assert noted == found | {"elapsed": "0:05:00", "memory_efficiency": "3.0%"}


def test_a_step_that_asked_for_far_too_much_is_told_so_once(success: Success) -> None:
    assert success.log.count("has used only 3.0% of its 477 MiB of memory.") == 1


def test_it_is_known_there_as_soon_as_the_job_is_submitted(success: Success) -> None:
    assert success.noted_at_first == {"number": f"number of {success.job.name}"}


def test_a_job_that_succeeded_is_removed(success: Success) -> None:
    assert success.engine.removed == {success.job.name}


def test_a_job_may_wait_before_it_runs(success: Success) -> None:
    assert success.engine.queued == 0
    assert success.run.status == ExecutionStatus.COMPLETED


def test_a_job_that_the_engine_does_not_know_for_a_while_fails_nothing(success: Success) -> None:
    assert success.engine.forgotten == 0
    assert success.run.status == ExecutionStatus.COMPLETED


def test_why_a_job_waits_is_told_once(success: Success) -> None:
    assert success.log.count("is pending: Priority") == 1


def test_a_job_that_waits_is_not_running_yet(engine: FakeEngine) -> None:
    engine.queued = 1

    status = step_operator().get_status(a_step_run(pipelines.OPERATOR))

    assert status == ExecutionStatus.INITIALIZING


def test_an_engine_that_does_not_answer_for_a_while_fails_nothing(
    success: Success,
) -> None:
    assert success.run.status == ExecutionStatus.COMPLETED
    assert "trying again: still out" in success.log


def test_what_the_engine_cannot_give_is_warned_about(success: Success) -> None:
    assert "cannot give gpus=1: ignored" in success.log
    assert success.job.resources.memory == 477


def test_a_failing_step_says_why_and_shows_no_secret(
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # What the step prints comes before a long traceback.
    monkeypatch.setattr(reconciling, "LOG_LINES", 1000)
    # ZenML writes settings into its own debug log.
    caplog.set_level(logging.WARNING)
    failing = pipelines.failing.with_options(settings={"docker": CANARY_SET})

    # ZenML before 0.94 cannot make the step's own exception again.
    known = (LookupError, waiting.StepFailedError)
    with pytest.raises(known, match="no such thing as \N{SNOWMAN}"):
        failing()

    assert last_step().status == ExecutionStatus.FAILED
    assert not engine.removed
    assert "ended with exit code 1" in caplog.text
    assert "canary: ***" in caplog.text
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    ("exit_code", "reason"),
    [(0, "published no result"), (3, "ended with exit code 3")],
)
def test_a_step_that_vanishes_is_failed(
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
    exit_code: int,
    reason: str,
) -> None:
    monkeypatch.setattr(reconciling, "PUBLISH_SECONDS", 0.5)

    with pytest.raises(waiting.StepFailedError, match=rf"{reason}(.|\n)*last words"):
        pipelines.vanishing(exit_code)

    assert last_step().status == ExecutionStatus.FAILED


@pytest.mark.parametrize("queued", [0, 1000], ids=["running", "queued"])
def test_an_interrupted_run_leaves_no_job(engine: FakeEngine, queued: int) -> None:
    engine.faults = [KeyboardInterrupt()]
    engine.queued = queued

    with pytest.raises(BaseException):  # noqa: B017 - ZenML decides which
        pipelines.sleeping()

    assert engine.cancelled == set(engine.jobs) != set()


@contextmanager
def options(**changes: object) -> Iterator[None]:
    """Let the step operator have other options."""
    operator = step_operator()
    before = operator._config
    operator._config = before.model_copy(update=changes)
    # They hold the old ones.
    vars(operator).pop("_jobs", None)
    vars(operator).pop("_reconciler", None)
    yield
    operator._config = before
    vars(operator).pop("_jobs", None)
    vars(operator).pop("_reconciler", None)


def test_a_job_that_stays_unknown_is_told_to_end_and_has_failed(engine: FakeEngine) -> None:
    engine.forgotten = 1000

    with options(lost_seconds=1), pytest.raises(waiting.StepFailedError, match="not known the job"):
        pipelines.sleeping()

    assert engine.told == [([*engine.jobs], False)]
    assert engine.cancelled == {*engine.jobs}
    assert last_step().status == ExecutionStatus.FAILED


def test_a_job_of_an_engine_out_of_reach_is_left_alone(engine: FakeEngine) -> None:
    engine.faults = [ConnectionError("gone for lunch")] * 1000

    with options(unreachable_seconds=1), pytest.raises(waiting.UnreachableError, match="for lunch"):
        pipelines.sleeping()

    assert not engine.told
    assert not engine.removed


def test_a_job_that_waits_too_long_is_told_to_end_and_has_failed(engine: FakeEngine) -> None:
    engine.queued = 1000
    sleeping = pipelines.sleeping.with_options(
        settings={"step_operator": {"pending_timeout_seconds": 1}}
    )

    with pytest.raises(waiting.StepFailedError, match=r"pending_timeout_seconds=1 \(Priority\)"):
        sleeping()

    assert engine.told[0] == ([*engine.jobs], False)


def test_the_status_of_an_unreachable_engine_is_an_exception(
    engine: FakeEngine,
) -> None:
    engine.faults = [ConnectionError("gone for lunch")]

    with pytest.raises(ConnectionError):
        step_operator().get_status(a_step_run(pipelines.OPERATOR))


def test_an_engine_that_repeats_a_secret_is_not_quoted(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(job: Job) -> None:
        raise ConnectionError(f"refused: {job.environment['CANARY']}")

    monkeypatch.setattr(engine, "submit", refuse)
    looking = pipelines.looking.with_options(settings={"docker": CANARY_SET})

    with pytest.raises(RuntimeError, match=r"refused: \*\*\*") as error:
        looking("text")

    assert CANARY not in "".join(traceback.format_exception(error.value))


def test_a_step_of_another_operator_is_not_judged(engine: FakeEngine) -> None:
    with pytest.raises(RuntimeError, match="runs on 'another', which is no step op"):
        step_operator().get_status(a_step_run("another"))


def test_an_operator_shows_none_of_its_configuration(stack: None) -> None:
    name = pipelines.OPERATOR

    assert repr(step_operator()) == f"{type(step_operator()).__name__}(name={name!r})"


def test_a_mistyped_setting_is_an_error_that_names_the_right_one(
    engine: FakeEngine,
) -> None:
    mistyped = pipelines.looking.with_options(settings={"step_operator": {"on_unsuported": "warn"}})

    with pytest.raises(UnknownSettingError, match="did you mean 'on_unsupported'"):
        mistyped("text")

    assert not engine.jobs


def test_what_the_engine_cannot_give_is_refused(engine: FakeEngine) -> None:
    asking = pipelines.looking.with_options(
        settings={
            "resources": ResourceSettings(gpu_count=1),
            "step_operator": {"on_unsupported": "refuse"},
        }
    )

    with pytest.raises(UnsupportedError, match="gpus=1"):
        asking("text")

    assert not engine.jobs


def test_what_excludes_each_other_is_refused_whatever_else_is_warned_about(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusal(_: object, resources: Resources, is_command: bool) -> str:
        return f"{resources.gpus} of them and is_command={is_command} exclude each other"

    monkeypatch.setattr(AcmeStepOperatorSettings, "refusal", refusal)
    asking = pipelines.looking.with_options(settings={"resources": ResourceSettings(gpu_count=2)})

    why = "Step look_around: 2 of them and is_command=False exclude each other."
    with pytest.raises(UnsupportedError, match=why):
        asking("text")
    assert not engine.jobs


def test_a_job_that_zenml_cannot_be_told_of_fails_nothing(
    stack: None, caplog: pytest.LogCaptureFixture
) -> None:
    publish(uuid4(), step_operator().id, {"number": "1"})

    assert "ZenML was not told which job ran a step" in caplog.text


def test_jobs_live_below_zenmls_configuration(stack: None) -> None:
    from zenml.config.global_config import GlobalConfiguration

    folder = work_folder(None)

    assert folder.is_relative_to(GlobalConfiguration().config_directory)
    assert folder.name == "zenml_acme"
    assert folder.stat().st_mode & 0o777 == 0o700
