"""A daemon that gives Docker's recorded answers, and an engine that reaches no other one."""

from collections.abc import Iterator

import pytest
from zenml_acme.engine.client import DockerEngine

from tests.engines.units.docker.fake_docker import FakeDocker


@pytest.fixture
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeDocker]:
    # The path of a socket must be short.
    with FakeDocker(tmp_path_factory.mktemp("d") / "s") as docker:
        yield docker
        docker.shutdown()


@pytest.fixture
def engine(docker: FakeDocker) -> DockerEngine:
    return DockerEngine(docker.address)
