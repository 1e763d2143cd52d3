"""Steps that end badly, and what the user reads then."""

import copy
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from backends import BACKEND, needs_host, needs_linux, needs_memory
from conftest import CANARY, Zenml
from versions import KEEPS_EXCEPTIONS, needs_commands


@pytest.fixture
def docker(zenml: Zenml) -> dict[str, Any]:
    """Settings with a secret in the environment."""
    from zenml.config import DockerSettings

    return {"docker": DockerSettings(environment={"CANARY": CANARY})}


def failure(pipeline: Any, *arguments: Any) -> BaseException:
    with pytest.raises(Exception) as caught:
        pipeline(*arguments)
    return caught.value


@pytest.mark.engine
def test_a_failure_comes_with_reason_and_log_but_no_secret(
    zenml: Zenml, docker: Any, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    from flows.pipelines import failing

    # ZenML writes settings into its own debug log.
    caplog.set_level(logging.WARNING)
    error = failure(failing.with_options(settings=docker))

    said = f"{error}\n{caplog.text}"
    assert "no such thing as \N{SNOWMAN}" in str(error)
    assert "LookupError" in said
    assert "the job ended with exit code 1" in said
    assert CANARY not in said + "".join(capfd.readouterr())
    assert type(error) is LookupError or not KEEPS_EXCEPTIONS
    [step] = zenml.last_steps()
    assert step.status.value == "failed"


@pytest.mark.parametrize(
    ("exit_code", "reason"),
    [
        (0, "the step has published no result"),
        pytest.param(-9, "SIGKILL", marks=pytest.mark.once),
    ],
)
def test_a_step_that_dies_unheard_has_failed_with_the_reason(
    zenml: Zenml, docker: Any, exit_code: int, reason: str
) -> None:
    from flows.pipelines import ending_at_once

    started = time.monotonic()
    error = failure(ending_at_once.with_options(settings=docker), exit_code)

    assert reason in str(error)
    assert "last words, canary: ***" in str(error)
    assert time.monotonic() - started < 40
    [step] = zenml.last_steps()
    assert step.status.value == "failed"
    # The log of a failure stays.
    assert zenml.remains(step.id)


@needs_host
@pytest.mark.parametrize(
    ("python", "reason"),
    [
        pytest.param("/bin/true", "the step has published no result", marks=pytest.mark.once),
        ("/bin/false", "the job ended with exit code 1"),
        ("/nowhere/python", "the job ended with exit code 127"),
    ],
)
def test_a_step_that_never_began_has_failed_with_the_reason(
    zenml: Zenml, python: str, reason: str
) -> None:
    from flows.pipelines import failing

    error = failure(failing.with_options(settings={"step_operator": {"python": python}}))

    assert reason in str(error)
    [step] = zenml.last_steps()
    assert step.status.value == "failed"


@needs_host
def test_a_module_that_is_missing_on_the_other_side_is_named(zenml: Zenml, tmp_path: Path) -> None:
    from flows.pipelines import failing

    # An interpreter without the package, as where somebody forgot to install it.
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {zenml.python} -I -S "$@"\n')
    python.chmod(0o755)
    error = failure(failing.with_options(settings={"step_operator": {"python": str(python)}}))

    assert "No module named" in str(error) or "ModuleNotFoundError" in str(error)


@pytest.mark.once
def test_a_step_that_takes_too_long_says_so(zenml: Zenml, marks: Path) -> None:
    from flows.pipelines import waiting

    settings = {"step_operator": {"timeout_seconds": 4}}
    error = failure(waiting.with_options(settings=settings), str(marks))

    assert "reached its timeout_seconds" in str(error)
    [step] = zenml.last_steps()
    assert step.status.value == "failed"


@pytest.mark.engine
@pytest.mark.once
@needs_memory
def test_a_step_that_takes_too_much_memory_says_so(zenml: Zenml) -> None:
    from flows.pipelines import taking_memory
    from zenml.config import ResourceSettings

    settings = {"resources": ResourceSettings(memory="700MB")}
    error = failure(taking_memory.with_options(settings=settings), 4096)

    assert "ran out of memory" in str(error)
    [step] = zenml.last_steps()
    assert step.status.value == "failed"


@pytest.mark.once
@needs_linux
def test_a_daemon_of_a_step_ends_with_it(zenml: Zenml, marks: Path) -> None:
    from flows.pipelines import leaving_a_daemon

    started = time.monotonic()
    leaving_a_daemon(str(marks))

    assert zenml.last_run().status == "completed"
    assert time.monotonic() - started < 60
    [mark] = marks.iterdir()
    assert not BACKEND.engine.is_alive(mark)


def test_each_attempt_is_a_job_of_its_own(zenml: Zenml, marks: Path) -> None:
    from flows.pipelines import failing_at_first
    from zenml.config.retry_config import StepRetryConfig

    retrying = failing_at_first.with_options(retry=StepRetryConfig(max_retries=2, delay=0))
    retrying(str(marks))

    run = zenml.last_run()
    assert run.status == "completed"
    assert run.output("fail_at_first") == 1
    assert len(list(marks.iterdir())) == 2
    last, first = zenml.last_steps(2)
    assert last.id != first.id
    # The first one's log stays, as of any failure; the last one's goes.
    assert zenml.remains(first.id)
    assert not zenml.remains(last.id)


Submit = Callable[[], object]


def twice(submit: Submit) -> list[object]:
    return [submit(), submit()]


def by_many_at_once(submit: Submit) -> list[object]:
    with ThreadPoolExecutor(8) as pool:
        return [submitted.result() for submitted in [pool.submit(submit) for _ in range(8)]]


@pytest.mark.once
@pytest.mark.parametrize("how", [twice, by_many_at_once])
def test_a_step_run_that_is_submitted_again_is_one_job(
    zenml: Zenml,
    marks: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: Callable[[Submit], list[object]],
) -> None:
    from flows.pipelines import marking

    # A process has one engine, and another one has another.
    engine = type(zenml.operator.engine)
    submit = engine.submit

    def submit_again(self: Any, job: Any) -> object:
        return max(how(lambda: submit(copy.copy(self), job)), key=lambda details: len(str(details)))

    monkeypatch.setattr(engine, "submit", submit_again)
    marking(str(marks))

    assert zenml.last_run().status == "completed"
    assert len(list(marks.iterdir())) == 1


@needs_commands
def test_a_command_that_fails_has_failed(zenml: Zenml) -> None:
    from flows.commands import failing

    pipeline: Any = failing()
    error = failure(pipeline)

    assert "the job ended with exit code 3" in str(error)
    assert "last words" in str(error)


@pytest.mark.once
def test_a_removed_failure_leaves_nothing(zenml: Zenml) -> None:
    from flows.pipelines import ending_at_once

    operator = zenml.operator
    tidy = operator.config.model_copy(update={"keep_failed": False})
    before, operator._config = operator._config, tidy
    try:
        error = failure(ending_at_once, 3)
    finally:
        operator._config = before

    assert "the job ended with exit code 3" in str(error)
    [step] = zenml.last_steps()
    assert not zenml.remains(step.id)
