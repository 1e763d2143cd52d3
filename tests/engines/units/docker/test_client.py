"""The engine, with a daemon that gives Docker's recorded answers."""

from __future__ import annotations

import base64
import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from zenml_acme._core.engine import (
    Image,
    Job,
    JobState,
    Phase,
)
from zenml_acme._core.resources import Resources
from zenml_acme.engine.client import (
    DockerEngine,
    DockerError,
)
from zenml_acme.engine.options import (
    ComponentOptions,
    StepOptions,
)

from tests.engines.units.docker.fake_docker import FakeDocker

CANARY = "canary-in-the-environment"
AWKWARD = "a b 'c' \"d\" $HOME `e` \\f %s\n{g} \N{SNOWMAN}"


@pytest.fixture
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeDocker]:
    # The path of a socket must be short.
    with FakeDocker(tmp_path_factory.mktemp("d") / "s") as docker:
        yield docker
        docker.shutdown()


@pytest.fixture
def engine(docker: FakeDocker) -> DockerEngine:
    return DockerEngine(docker.address, grace_seconds=7)


def job(
    *command: str,
    resources: Resources | None = None,
    image: Image | None = None,
    environment: dict[str, str] | None = None,
    **options: Any,
) -> Job:
    return Job(
        name="job",
        command=command or ("true",),
        environment=environment or {"CANARY": CANARY},
        resources=resources or Resources(),
        options=StepOptions(**options),
        runtime=image or Image("image:1"),
        labels={"run": "a run", "step": "a step", "pipeline": "a pipeline"},
    )


def state(engine: DockerEngine) -> JobState:
    return engine.poll(["job"])["job"]


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
        job("python", "-c", AWKWARD, "", environment={"A": AWKWARD, "B": ""}),
    )

    assert container["State"]["Status"] == "running"
    assert container["Entrypoint"] == ["python"]
    assert container["Cmd"] == ["-c", AWKWARD, ""]
    assert container["Env"] == [f"A={AWKWARD}", "B="]
    assert container["Image"] == "image:1"


def test_the_environment_is_in_no_label_and_no_command(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    container = created(docker, engine, job("python", "-m", "step"))
    del container["Env"]

    assert CANARY not in json.dumps(container, default=str)
    assert container["Labels"] == {
        "zenml.pipeline": "a pipeline",
        "zenml.run": "a run",
        "zenml.step": "a step",
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
    assert host["ExtraHosts"] == ["host.docker.internal:host-gateway"]


STORES = {"ZENML_LOCAL_STORES_PATH": "/home/ada/stores"}
ME = f"{os.getuid()}:{os.getgid()}"


def test_local_stores_are_mounted_and_stay_their_owners(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    container = created(docker, engine, job(environment=STORES))

    assert container["HostConfig"]["Binds"] == ["/home/ada/stores:/home/ada/stores"]
    assert container["User"] == ME
    assert "HOME=/tmp" in container["Env"]


def test_who_starts_the_pipeline_is_root_where_docker_is_rootless(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    docker.security.append("name=rootless")

    assert not created(docker, engine, job(environment=STORES)).get("User")


def test_an_image_that_is_here_is_not_pulled(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())

    assert not docker.logins


@pytest.mark.parametrize("policy", ["missing", "always"])
def test_an_image_is_pulled_with_the_stacks_credentials(
    docker: FakeDocker, engine: DockerEngine, policy: str
) -> None:
    image = Image("registry.example.org/image:2", ("ada", "secret"))
    if policy == "always":
        docker.images.add(image.reference)
    engine.submit(job(image=image, pull_policy=policy))

    [login] = docker.logins
    assert login
    told = json.loads(base64.urlsafe_b64decode(login))
    assert (told["username"], told["password"]) == ("ada", "secret")
    assert "secret" not in repr(image)


def test_an_image_that_must_not_be_pulled_is_missing(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    with pytest.raises(DockerError, match="No such image: image:2"):
        engine.submit(job(image=Image("image:2"), pull_policy="never"))
    assert not docker.containers


def test_twice_submitted_is_one_job(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    docker.let("job", "exited", ExitCode=0)
    engine.submit(job())

    assert list(docker.containers) == ["job"]
    assert state(engine) == JobState(Phase.SUCCEEDED, 0)


def test_submitted_by_many_at_once_is_one_job(docker: FakeDocker) -> None:
    engines = [DockerEngine(docker.address, 7) for _ in range(8)]
    threads = [threading.Thread(target=each.submit, args=(job(),)) for each in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(docker.containers) == ["job"]
    assert docker.asked.count("POST /containers/job/start") == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, 'could not select device driver "" with capabilities: [[gpu]]'),
        (404, "network nowhere not found"),
    ],
)
def test_a_container_that_cannot_start_is_refused_and_removed(
    docker: FakeDocker, engine: DockerEngine, status: int, words: str
) -> None:
    docker.faulty_path = "/start"
    docker.fault, docker.fault_status = words, status

    with pytest.raises(DockerError, match=re.escape(words)):
        engine.submit(job())
    assert not docker.containers


def test_a_job_that_is_cancelled_before_it_starts_never_does(
    docker: FakeDocker, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = engine._docker.api.start

    def cancel_first(name: str) -> None:
        engine.cancel("job")
        start(name)

    monkeypatch.setattr(engine._docker.api, "start", cancel_first)

    with pytest.raises(InterruptedError):
        engine.submit(job())
    assert state(engine).phase is Phase.CANCELLED
    assert docker.containers["job-cancelled"]["State"]["Status"] == "created"


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

    assert state(engine) == JobState(phase)


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


def test_a_job_that_docker_does_not_know_has_failed(engine: DockerEngine) -> None:
    assert state(engine).phase is Phase.FAILED
    assert state(engine).reason == "Docker does not know the job"


def test_a_container_that_nobody_starts_has_failed(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    engine.submit(job())
    docker.let("job", "created")
    docker.age("job", 120)

    assert state(engine).phase is Phase.FAILED
    assert state(engine).reason == "its container was never started"


def test_all_jobs_are_asked_for_at_once(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    docker.asked.clear()

    answer = engine.poll(["job", *(f"other-{number}" for number in range(1000))])

    assert len(answer) == 1001
    assert docker.asked.count("GET /containers/json") == 1
    assert not [asked for asked in docker.asked if "other" in asked]


def test_a_job_is_found_by_its_container(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    number = docker.containers["job"]["Id"]

    found = {"container": number[:12], "state": "running", "host": "machine"}
    assert state(engine).details == found


def test_docker_is_asked_even_without_a_job(docker: FakeDocker, engine: DockerEngine) -> None:
    docker.faulty_path = "/containers/json"
    docker.fault = "the daemon is shutting down"

    with pytest.raises(DockerError, match="the daemon is shutting down"):
        engine.poll([])


def test_a_job_ends_when_its_time_is_over(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job(timeout_seconds=60))
    assert state(engine).phase is Phase.RUNNING
    docker.age("job", 61)

    for _ in range(2):
        assert state(engine).phase is Phase.FAILED
        assert state(engine).reason == "the job reached its timeout_seconds"
    assert docker.containers["job-timed-out"]["State"]["Status"] == "exited"


def test_a_running_job_is_cancelled_with_the_grace_it_is_given(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    engine.submit(job())
    engine.cancel("job")

    assert state(engine).phase is Phase.CANCELLED
    assert docker.containers["job-cancelled"]["Grace"] == "7"
    engine.cancel("job")


def test_a_job_that_was_renamed_but_not_ended_is_cancelled_again(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    engine.submit(job())
    docker.containers["job-cancelled"] = docker.containers.pop("job")

    assert state(engine).phase is Phase.RUNNING
    engine.cancel("job")
    assert state(engine).phase is Phase.CANCELLED


def test_a_job_that_has_ended_stays_as_it_is(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    docker.let("job", "exited", ExitCode=3)
    engine.cancel("job")

    assert state(engine).exit_code == 3


@pytest.mark.parametrize("name", ["job", "job-cancelled"])
def test_the_last_lines_are_had_whatever_became_of_the_job(
    docker: FakeDocker, engine: DockerEngine, name: str
) -> None:
    engine.submit(job())
    docker.containers[name] = docker.containers.pop("job")

    assert engine.logs("job", 2) == "first\nlast \N{REPLACEMENT CHARACTER}\n"
    assert engine.logs("job", 1) == "last \N{REPLACEMENT CHARACTER}\n"
    assert engine.logs("unknown", 1) == ""


def test_what_is_removed_is_gone(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    engine.remove("job")

    assert not docker.containers
    engine.remove("job")
    engine.cancel("job")


def test_a_docker_that_is_away_is_told_how_to_mend(tmp_path: Path) -> None:
    engine = DockerEngine(f"unix://{tmp_path}/nowhere", 7)

    with pytest.raises(DockerError) as refusal:
        engine.poll(["job"])
    said = str(refusal.value)
    assert said.startswith(f"Docker does not answer at unix://{tmp_path}/nowhere")
    assert "No such file or directory" in said
    assert "DOCKER_HOST" in said


def test_what_ssh_needs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # As where paramiko is not installed.
    monkeypatch.delattr("docker.api.client.SSHHTTPAdapter", raising=False)

    with pytest.raises(DockerError, match="Install paramiko"):
        DockerEngine("ssh://gpu-box", 7).poll(["job"])


def test_a_docker_that_comes_back_is_asked_again(docker: FakeDocker, engine: DockerEngine) -> None:
    engine.submit(job())
    docker.fault = "the daemon is shutting down"

    with pytest.raises(DockerError, match="the daemon is shutting down"):
        engine.poll(["job"])
    assert state(engine).phase is Phase.RUNNING


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("volumes", ["data:data"]),
        ("volumes", ["./data:/data"]),
        ("volumes", ["/data"]),
        ("shm_size", "much"),
        ("pull_policy", "sometimes"),
        ("timeout_seconds", 0),
        ("network", ""),
    ],
)
def test_an_option_that_docker_would_refuse_is_refused_at_once(option: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=option):
        StepOptions(**{option: value})


def test_an_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(ValidationError, match="docker_host"):
        ComponentOptions(docker_host="gpu-box")
