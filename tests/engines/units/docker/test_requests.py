"""What Docker is asked for, to run a job."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from pydantic import ValidationError
from zenml_acme._core.engine import Job
from zenml_acme._core.resources import Resources
from zenml_acme.engine.client import DockerEngine
from zenml_acme.engine.options import (
    ComponentOptions,
    StepOptions,
)

from tests.engines.units.docker.fake_docker import FakeDocker
from tests.engines.units.docker.jobs import CANARY, job

AWKWARD = "a b 'c' \"d\" $HOME `e` \\f %s\n{g} \N{SNOWMAN}"


def created(docker: FakeDocker, engine: DockerEngine, job: Job) -> dict[str, Any]:
    """Return what Docker was asked for when a job was submitted."""
    engine.submit(job)
    return docker.containers["job"]


def test_a_job_starts_with_its_command_and_environment(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    container = created(
        docker,
        engine,
        job("python", "-c", AWKWARD, "", environment={"A": AWKWARD, "B": "", "db-password": "c"}),
    )

    assert container["State"]["Status"] == "running"
    assert container["Entrypoint"] == ["python"]
    assert container["Cmd"] == ["-c", AWKWARD, ""]
    assert container["Env"] == [f"A={AWKWARD}", "B=", "db-password=c"]
    assert container["Image"] == "image:1"


def test_the_environment_is_in_no_label_and_no_command(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    container = created(docker, engine, job("python", "-m", "step"))
    del container["Env"]

    assert CANARY not in json.dumps(container, default=str)
    assert container["Labels"].items() >= {
        ("zenml.pipeline", "a pipeline"),
        ("zenml.run", "a run"),
        ("zenml.step", "a step"),
    }


def test_resources_are_limits(docker: FakeDocker, engine: DockerEngine) -> None:
    asked = Resources(cpus=1.5, gpus=2, memory=668)
    limits = created(docker, engine, job(resources=asked))["HostConfig"]

    assert limits["NanoCpus"] == 1_500_000_000
    assert limits["Memory"] == limits["MemorySwap"] == 668 * 1024 * 1024
    [gpus] = limits["DeviceRequests"]
    assert (gpus["Count"], gpus["Capabilities"]) == (2, [["gpu"]])


def test_what_nobody_asks_for_is_not_limited(docker: FakeDocker, engine: DockerEngine) -> None:
    limits = created(docker, engine, job())["HostConfig"]

    assert not {"NanoCpus", "Memory", "DeviceRequests", "ShmSize"} & limits.keys()


def test_options_arrive(docker: FakeDocker, engine: DockerEngine) -> None:
    container = created(
        docker,
        engine,
        job(
            network="host",
            volumes=["/data:/data:ro", "cache:/cache"],
            user="1000:1000",
            gpu_ids=["0", "GPU-1"],
            shm_size="2g",
        ),
    )
    host = container["HostConfig"]

    assert host["NetworkMode"] == "host"
    assert host["Binds"] == ["/data:/data:ro", "cache:/cache"]
    assert container["User"] == "1000:1000"
    assert host["DeviceRequests"][0]["DeviceIDs"] == ["0", "GPU-1"]
    assert host["ShmSize"] == 2 << 30


def test_a_container_is_started_once_and_has_an_init(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    host = created(docker, engine, job())["HostConfig"]

    assert host["RestartPolicy"] == {"Name": "no"}
    assert host["Init"] is True


@pytest.mark.parametrize("network", [None, "host", "none", "named"])
def test_a_server_of_the_launchers_machine_is_found(
    docker: FakeDocker, engine: DockerEngine, network: str | None
) -> None:
    host = created(docker, engine, job(network=network))["HostConfig"]

    assert host["ExtraHosts"] == ["host.docker.internal:host-gateway"]


def test_the_network_of_a_container_comes_with_its_hosts(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    container = created(docker, engine, job(network="container:proxy"))

    assert container["HostConfig"]["NetworkMode"] == "container:proxy"
    # Docker refuses the two together.
    assert "ExtraHosts" not in container["HostConfig"]
    assert not container.get("NetworkingConfig")


STORES = {"ZENML_LOCAL_STORES_PATH": "/home/ada/stores"}
ME = f"{os.getuid()}:{os.getgid()}"


def test_local_stores_are_mounted_and_stay_their_owners(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    container = created(docker, engine, job(environment=STORES))

    assert container["HostConfig"]["Binds"] == ["/home/ada/stores:/home/ada/stores"]
    assert container["User"] == ME
    assert "HOME=/tmp" in container["Env"]


def test_local_stores_are_not_mounted_twice(docker: FakeDocker, engine: DockerEngine) -> None:
    volumes = ["/mnt/stores:/home/ada/stores"]

    host = created(docker, engine, job(environment=STORES, volumes=volumes))["HostConfig"]
    assert host["Binds"] == volumes


def test_who_starts_the_pipeline_is_root_where_docker_is_rootless(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    docker.security.append("name=rootless")

    assert not created(docker, engine, job(environment=STORES)).get("User")


@pytest.mark.parametrize(
    ("asked", "mode"),
    [({"environment": STORES}, "host"), ({"network": "host"}, "host"), ({}, None)],
)
def test_users_are_those_of_the_machine_where_a_step_needs_what_is_the_machines(
    docker: FakeDocker, engine: DockerEngine, asked: dict[str, Any], mode: str | None
) -> None:
    docker.security.append("name=userns")

    assert created(docker, engine, job(**asked))["HostConfig"].get("UsernsMode") == mode


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("volumes", ["data:data"]),
        ("volumes", ["./data:/data"]),
        ("volumes", ["/data"]),
        ("shm_size", "much"),
        ("pull_policy", "sometimes"),
        ("network", ""),
    ],
)
def test_an_option_that_docker_would_refuse_is_refused_at_once(option: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=option):
        StepOptions(**{option: value})


def test_an_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(ValidationError, match="docker_host"):
        ComponentOptions(docker_host="gpu-box")
