"""How jobs stand, by what Docker says."""

from __future__ import annotations

from typing import Any

import pytest
from zenml_acme._core.engine import (
    Handle,
    JobState,
    Phase,
)
from zenml_acme.engine.client import DockerEngine

from tests.engines.units.docker.fake_docker import FakeDocker
from tests.engines.units.docker.jobs import job, state


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("created", Phase.PENDING),
        ("running", Phase.RUNNING),
        ("paused", Phase.RUNNING),
        ("restarting", Phase.RUNNING),
        # Podman's.
        ("initialized", Phase.PENDING),
        ("stopping", Phase.RUNNING),
        ("whatever-comes", Phase.RUNNING),
    ],
)
def test_a_job_that_has_not_ended_has_a_phase(
    docker: FakeDocker, engine: DockerEngine, status: str, phase: Phase
) -> None:
    engine.submit(job())
    docker.let("job", status)

    assert state(engine).phase is phase
    assert ("created" in state(engine).reason) == (phase is Phase.PENDING)


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ({"ExitCode": 3}, "the job ended with exit code 3"),
        ({"ExitCode": 137}, "the job was killed (SIGKILL)"),
        ({"ExitCode": 137, "OOMKilled": True}, "ran out of memory (OOMKilled)"),
        ({"ExitCode": 1, "OOMKilled": True}, "ran out of memory (OOMKilled)"),
        ({"ExitCode": 139}, "the job was ended by SIGSEGV"),
        ({"ExitCode": 255}, "the job ended with exit code 255"),
    ],
)
def test_a_failure_has_its_exit_code_and_words(
    docker: FakeDocker, engine: DockerEngine, ended: dict[str, Any], words: str
) -> None:
    engine.submit(job())
    docker.let("job", "exited", **ended)

    assert state(engine).phase is Phase.FAILED
    assert state(engine).exit_code == ended["ExitCode"]
    assert words in state(engine).reason


def test_who_survives_the_end_of_a_child_that_took_too_much_memory_has_succeeded(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    engine.submit(job())
    docker.let("job", "exited", ExitCode=0, OOMKilled=True)

    assert state(engine) == JobState(Phase.SUCCEEDED, 0)


def test_a_job_that_docker_does_not_know_is_unknown(engine: DockerEngine) -> None:
    assert state(engine).phase is Phase.UNKNOWN
    assert state(engine).reason == "Docker does not know the job"


def test_a_container_without_a_name_is_none_of_ours(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    """As Docker lists one that is being deleted."""
    engine.submit(job())
    docker.containers[""] = docker.containers.pop("job")

    assert state(engine).phase is Phase.UNKNOWN


@pytest.mark.parametrize("ahead", [-600, 0, 600])
def test_a_container_that_nobody_starts_has_failed(
    docker: FakeDocker, engine: DockerEngine, ahead: int
) -> None:
    docker.clock_seconds = ahead
    engine.submit(job())
    docker.let("job", "created")
    assert state(engine).phase is Phase.PENDING
    docker.age("job", 200)

    assert state(engine).phase is Phase.FAILED
    assert state(engine).reason == "its container was never started"


def test_all_jobs_are_asked_for_at_once(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    docker.asked.clear()

    others = [Handle(f"other-{number}") for number in range(1000)]
    answer = engine.poll([Handle("job"), *others])

    assert len(answer) == 1001
    assert docker.asked == ["GET /containers/json"]
