"""Jobs are told to end, by whom who cancels them and by the clock; nobody waits for it."""

from __future__ import annotations

import pytest
from docker.models.containers import Container
from zenml_acme._core.engine import Handle, Phase
from zenml_acme.engine import ending
from zenml_acme.engine.client import DockerEngine
from zenml_acme.engine.connection import (
    DockerError,
)

from tests.engines.units.docker.fake_docker import FakeDocker
from tests.engines.units.docker.jobs import JOB, job, state

OVER = "the job reached its timeout_seconds"


def signals(docker: FakeDocker, name: str = "job-cancelled") -> list[str]:
    """Return what a container was sent."""
    sent: list[str] = docker.containers[name]["Signals"]
    return sent


@pytest.mark.parametrize("ahead", [-600, 0, 600])
def test_time_is_over_by_dockers_clock(
    docker: FakeDocker, engine: DockerEngine, ahead: int
) -> None:
    docker.clock_seconds = ahead
    engine.submit(job(timeout_seconds=60))
    docker.age("job", 50)
    docker.asked.clear()
    assert state(engine).phase is Phase.RUNNING
    assert not signals(docker, "job")
    assert docker.asked == ["GET /containers/json", "GET /info"]
    docker.age("job", 11)

    state(engine)
    for _ in range(2):
        assert (state(engine).phase, state(engine).reason) == (Phase.FAILED, OVER)
    assert signals(docker, "job-timed-out") == ["SIGTERM"]


def test_time_begins_with_the_start(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job(timeout_seconds=60))
    docker.age("job", 61)
    docker.containers["job"]["Started"] = docker.now

    assert state(engine).phase is Phase.RUNNING
    assert not signals(docker, "job")


def test_the_clock_is_not_asked_where_there_is_no_limit(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    engine.submit(job())
    docker.asked.clear()
    state(engine)

    assert "GET /info" not in docker.asked


def test_who_does_not_heed_the_end_of_its_time_is_killed_later(
    docker: FakeDocker, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker.heeded = {"SIGKILL"}
    names = [f"job-{number}" for number in range(3)]
    for name in names:
        engine.submit(job(name=name, timeout_seconds=60))
        docker.age(name, 61)
    jobs = [Handle(name) for name in (*names, "unknown")]

    for _ in range(3):
        told = engine.poll(jobs)
        assert [told[name].phase for name in names] == [Phase.RUNNING] * 3
    assert [signals(docker, f"{name}-timed-out") for name in names] == [["SIGTERM"]] * 3

    monkeypatch.setattr(ending, "KILL_SECONDS", 0)
    engine.poll(jobs)
    told = engine.poll(jobs)
    assert [told[name].reason for name in names] == [OVER] * 3


def test_who_comes_after_a_crash_tells_again(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job(timeout_seconds=60))
    docker.containers["job-timed-out"] = docker.containers.pop("job")

    state(engine)
    assert signals(docker, "job-timed-out") == ["SIGTERM"]


def test_whose_time_is_over_is_not_said_to_be_cancelled(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    docker.heeded = {"SIGKILL"}
    engine.submit(job(timeout_seconds=60))
    docker.age("job", 61)
    state(engine)
    engine.cancel([JOB], force=True)

    assert (state(engine).phase, state(engine).reason) == (Phase.FAILED, OVER)


def test_who_cannot_be_told_yet_keeps_no_news_of_others_back(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    engine.submit(job(timeout_seconds=60))
    engine.submit(job(name="other"))
    docker.age("job", 61)
    docker.faulty_path, docker.fault = "/kill", "no space left on device"

    assert engine.poll([JOB, Handle("other")])["other"].phase is Phase.RUNNING
    state(engine)
    assert state(engine).reason == OVER


@pytest.mark.parametrize(("says", "sent"), [(None, "SIGTERM"), ("SIGUSR1", "SIGUSR1"), (15, "15")])
def test_a_job_that_is_cancelled_gets_the_signal_of_its_image(
    docker: FakeDocker, engine: DockerEngine, says: str | int | None, sent: str
) -> None:
    docker.stop_signal = says
    engine.submit(job())
    engine.cancel([JOB])

    assert signals(docker) == [sent]


def test_a_cancelled_job_ends_when_it_does(docker: FakeDocker, engine: DockerEngine) -> None:
    docker.heeded = {"SIGKILL"}
    engine.submit(job())
    engine.cancel([JOB])
    assert state(engine).phase is Phase.RUNNING

    engine.cancel([JOB], force=True)
    assert state(engine).phase is Phase.CANCELLED
    assert signals(docker) == ["SIGTERM", "SIGKILL"]


def test_many_are_cancelled_in_few_calls(docker: FakeDocker, engine: DockerEngine) -> None:
    names = [f"job-{number}" for number in range(40)]
    for name in names:
        engine.submit(job(name=name))
    docker.asked.clear()
    engine.cancel([Handle(name) for name in (*names, "unknown")])

    assert len(docker.asked) <= 2 * len(names) + 2
    told = engine.poll([Handle(name) for name in names])
    assert {state.phase for state in told.values()} == {Phase.CANCELLED}


def test_a_job_is_told_to_end_even_if_that_cannot_be_noted(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    engine.submit(job())
    docker.faulty_path, docker.fault = "/rename", "no space left on device"
    engine.cancel([JOB])

    assert signals(docker, "job") == ["SIGTERM"]


def test_a_job_that_could_still_start_is_not_said_to_be_cancelled(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    engine.submit(job())
    docker.let("job", "created")
    docker.faulty_path, docker.fault = "/rename", "no space left on device"

    with pytest.raises(DockerError, match="no space left on device"):
        engine.cancel([JOB])
    engine.cancel([JOB])
    assert state(engine).phase is Phase.CANCELLED


def test_one_that_cannot_be_told_hinders_no_other(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    engine.submit(job(name="other"))
    docker.faulty_path, docker.fault = "/kill", "Docker is out of sorts"

    with pytest.raises(DockerError, match="out of sorts"):
        engine.cancel([JOB, Handle("other")])
    assert signals(docker, "other-cancelled") == ["SIGTERM"]


def test_a_job_that_was_renamed_but_not_ended_is_cancelled_again(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    engine.submit(job())
    docker.containers["job-cancelled"] = docker.containers.pop("job")

    assert state(engine).phase is Phase.RUNNING
    engine.cancel([JOB])
    assert state(engine).phase is Phase.CANCELLED


def test_a_job_that_ends_by_itself_meanwhile_is_no_error(
    docker: FakeDocker, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.submit(job())
    # As Podman says it.
    docker.faulty_path, docker.fault = "/kill", "container state improper"
    kill = Container.kill

    def be_late(self: Container, signal: str) -> None:
        docker.let("job-cancelled", "exited", ExitCode=0)
        kill(self, signal)

    monkeypatch.setattr(Container, "kill", be_late)

    engine.cancel([JOB])
    assert not docker.fault


def test_a_job_that_has_ended_stays_as_it_is(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    docker.let("job", "exited", ExitCode=3)
    engine.cancel([JOB], force=True)

    assert state(engine).exit_code == 3


def test_what_is_removed_is_gone(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    docker.let("job", "exited")
    engine.remove(JOB)

    assert not docker.containers
    engine.remove(JOB)
    engine.cancel([JOB])


@pytest.mark.parametrize("status", [404, 409])
def test_what_another_removes_is_gone_too(
    docker: FakeDocker, engine: DockerEngine, status: int
) -> None:
    engine.submit(job())
    docker.faulty_path = "/containers/" + docker.containers["job"]["Id"]
    docker.fault = "removal is already in progress"
    docker.fault_status = status

    engine.remove(JOB)
