"""Where Docker is, and what is told where it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from zenml_acme.engine.client import DockerEngine
from zenml_acme.engine.connection import (
    DockerError,
)

from tests.engines.units.docker.fake_docker import FakeDocker
from tests.engines.units.docker.jobs import JOB, job, state

HERE = [
    "unix:///var/run/docker.sock",
    "unix://var/run/docker.sock",
    "npipe:////./pipe/docker_engine",
    "tcp://localhost:2375",
    "tcp://127.0.0.1:2375",
    "http://[::1]:2375",
]
ELSEWHERE = ["ssh://ada@gpu-box", "tcp://192.0.2.7:2376", "https://docker.example.org"]
ALL = frozenset({"remote store", "registry"})


@pytest.mark.parametrize("address", HERE)
def test_a_docker_of_this_machine_needs_nothing(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)

    assert not DockerEngine(None).needs
    assert not DockerEngine(address).needs


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_docker_elsewhere_needs_what_it_can_reach(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", HERE[0])
    assert DockerEngine(address).needs == ALL

    # What ZenML builds by then is there already.
    monkeypatch.setenv("DOCKER_HOST", address)
    assert DockerEngine(None).needs == {"remote store"}
    assert not DockerEngine(HERE[0]).needs


def test_a_docker_that_is_away_is_told_how_to_mend(tmp_path: Path) -> None:
    engine = DockerEngine(f"unix://{tmp_path}/nowhere")

    asks: list[Callable[[], object]] = [lambda: engine.poll([JOB]), lambda: engine.submit(job())]
    for ask in asks:
        with pytest.raises(DockerError) as refusal:
            ask()
        said = str(refusal.value)
        assert said.startswith(f"Docker does not answer at unix://{tmp_path}/nowhere")
        assert "No such file or directory" in said
        assert "DOCKER_HOST" in said


def test_what_ssh_needs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # As where paramiko is not installed.
    monkeypatch.delattr("docker.api.client.SSHHTTPAdapter", raising=False)

    with pytest.raises(DockerError, match="Install paramiko"):
        DockerEngine("ssh://gpu-box").submit(job())


def test_docker_is_asked_even_without_a_job(docker: FakeDocker, engine: DockerEngine) -> None:
    docker.faulty_path = "/containers/json"
    docker.fault = "the daemon is shutting down"

    with pytest.raises(DockerError, match="the daemon is shutting down"):
        engine.poll([])


def test_a_docker_that_comes_back_is_asked_again(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    docker.fault = "the daemon is shutting down"

    with pytest.raises(DockerError, match="the daemon is shutting down"):
        engine.poll([JOB])
    assert state(engine).phase.value == "running"
