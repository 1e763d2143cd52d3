"""The end of what a job wrote, in bounded memory and in bounded time."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from zenml_acme.engine import log
from zenml_acme.engine.client import DockerEngine
from zenml_acme.engine.connection import (
    DockerError,
)

from tests.engines.units.docker.fake_docker import FakeDocker
from tests.engines.units.docker.jobs import JOB, job


@pytest.mark.parametrize("name", ["job", "job-cancelled", "job-timed-out"])
def test_the_end_is_had_whatever_became_of_the_job(
    docker: FakeDocker, engine: DockerEngine, name: str
) -> None:
    engine.submit(job())
    docker.containers[name] = docker.containers.pop("job")

    assert engine.logs(JOB, 100) == "first\nlast \N{REPLACEMENT CHARACTER}\n"
    assert engine.logs(JOB, 3) == " \N{REPLACEMENT CHARACTER}\n"


def test_a_job_that_docker_does_not_know_has_no_log(engine: DockerEngine) -> None:
    assert engine.logs(JOB, 100) == ""


def test_short_lines_are_enough(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    docker.containers["job"]["Log"] = [
        b"a line, and its number is %d\n" % number for number in range(100_000)
    ]

    written = engine.logs(JOB, 65536)
    assert len(written) == 65536
    assert written.endswith(" 99998\na line, and its number is 99999\n")


def test_a_line_without_an_end_passes_through(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    # As one piece, which is more than Docker sends.
    docker.containers["job"]["Log"] = [b"x" * (50 << 20) + b"the end"]

    tracemalloc.start()
    try:
        written = engine.logs(JOB, 65536)
        assert tracemalloc.get_traced_memory()[1] < 5 << 20
    finally:
        tracemalloc.stop()
    assert (len(written), written[-7:]) == (65536, "the end")


def test_the_last_lines_are_not_looked_for_where_that_takes_longer_than_all(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    docker.components = ["Podman Engine", "Conmon"]
    docker.tail_seconds = 5
    engine.submit(job())

    before = time.monotonic()
    assert engine.logs(JOB, 5) == "st \N{REPLACEMENT CHARACTER}\n"
    assert time.monotonic() - before < 3


def test_all_is_read_where_the_last_lines_cannot_be_had(
    docker: FakeDocker, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "SECONDS", 0.5)
    docker.tail_seconds = 5
    engine.submit(job())

    assert engine.logs(JOB, 5) == "st \N{REPLACEMENT CHARACTER}\n"


def test_a_log_that_takes_too_long_is_given_up(
    docker: FakeDocker, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "SECONDS", 0.01)
    engine.submit(job())
    docker.containers["job"]["Log"] = [b"x" * 16384] * 20000

    with pytest.raises(TimeoutError, match=r"more than 0\.01 s"):
        engine.logs(JOB, 65536)


def test_a_log_that_docker_does_not_keep_is_told(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    said = "configured logging driver does not support reading"
    docker.faulty_path, docker.fault, docker.fault_status = "/logs", said, 501

    with pytest.raises(DockerError, match=said):
        engine.logs(JOB, 100)
