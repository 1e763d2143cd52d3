"""What can happen to a step on Docker alone."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from backends import is_alive
from conftest import Zenml, wait_for

pytestmark = [pytest.mark.once, pytest.mark.engine]

FOLDER = Path(os.environ["DOCKER_HOST"].removeprefix("unix://")).parent
START = Path(__file__).parents[2] / "engines" / "docker.sh"


def test_resources_arrive_as_documented(zenml: Zenml, marks: Path) -> None:
    resources = {"cpu_count": 1.5, "gpu_count": 1, "memory": "700MB"}
    launcher = zenml.start_waiting("pipelines", marks, resources=resources)
    [step] = zenml.last_steps()
    limits = docker.from_env().api.inspect_container(f"zenml-{step.id}")["HostConfig"]
    (marks / "go").touch()
    assert launcher.wait() == 0, launcher.output()

    assert limits["NanoCpus"] == 1_500_000_000
    assert limits["Memory"] == limits["MemorySwap"] == 700_448_768
    [gpus] = limits["DeviceRequests"]
    assert (gpus["Count"], gpus["Capabilities"]) == (1, [["gpu"]])


def test_a_daemon_that_restarts_loses_no_step(zenml: Zenml, marks: Path) -> None:
    launcher = zenml.start_waiting("pipelines", marks)
    daemon = int((FOLDER / "dockerd.pid").read_text())
    os.kill(daemon, signal.SIGTERM)
    try:
        wait_for(lambda: "cannot be asked, trying again" in launcher.output())
        wait_for(lambda: not is_alive(daemon))
    finally:
        subprocess.run([START, "start", FOLDER], check=True)
    (marks / "go").touch()

    assert launcher.wait() == 0, launcher.output()
    assert zenml.last_run().status == "completed"


@pytest.fixture
def stack_with_registry(zenml: Zenml) -> Iterator[None]:
    """A stack with a registry that asks for a password, which ZenML alone knows."""
    from zenml.client import Client
    from zenml.enums import StackComponentType

    client = Client()
    user, password = os.environ["TEST_REGISTRY_USER"], os.environ["TEST_REGISTRY_PASSWORD"]
    client.create_secret("registry", {"username": user, "password": password})
    client.create_stack_component(
        name="registry",
        flavor="default",
        component_type=StackComponentType.CONTAINER_REGISTRY,
        configuration={"uri": os.environ["TEST_REGISTRY"], "authentication_secret": "registry"},
    )
    client.create_stack(
        name="with a registry",
        components={
            StackComponentType.ORCHESTRATOR: "default",
            StackComponentType.ARTIFACT_STORE: "default",
            StackComponentType.STEP_OPERATOR: "first",
            StackComponentType.CONTAINER_REGISTRY: "registry",
        },
    )
    client.activate_stack("with a registry")
    yield
    client.activate_stack("one operator")


def test_an_image_is_pulled_with_the_credentials_of_the_stack(
    zenml: Zenml, marks: Path, stack_with_registry: None
) -> None:
    from flows.pipelines import marking

    settings = {"step_operator": {"pull_policy": "always"}}
    marking.with_options(settings=settings)(str(marks))

    run = zenml.last_run()
    assert run.status == "completed"
    [image] = run.response.build.images.values()
    assert image.image.startswith(os.environ["TEST_REGISTRY"])
