"""A job becomes one container, also when answers get lost."""

from __future__ import annotations

import base64
import json
import re
import threading
from typing import Any

import pytest
from docker.models.containers import ContainerCollection
from zenml_acme._core.engine import (
    Handle,
    Image,
    JobState,
    Phase,
)
from zenml_acme.engine import client
from zenml_acme.engine.client import DockerEngine
from zenml_acme.engine.connection import (
    DockerError,
    UnansweredError,
)

from tests.engines.units.docker.fake_docker import FakeDocker
from tests.engines.units.docker.jobs import JOB, job, state


def test_a_job_is_found_by_its_container(docker: FakeDocker, engine: DockerEngine) -> None:
    details = engine.submit(job())

    found = {"container": docker.containers["job"]["Id"][:12], "host": "machine"}
    assert details == found
    assert state(engine).details == found | {"state": "running"}


def test_a_container_is_found_whatever_its_name(docker: FakeDocker, engine: DockerEngine) -> None:
    found = Handle("job", engine.submit(job()))
    docker.containers["renamed"] = docker.containers.pop("job")

    assert engine.poll([found])["job"].phase is Phase.RUNNING
    assert engine.logs(found, 4) == "t \N{REPLACEMENT CHARACTER}\n"
    assert state(engine).phase is Phase.UNKNOWN


def test_details_of_another_docker_leave_the_name(engine: DockerEngine) -> None:
    engine.submit(job())

    found = Handle("job", {"container": "0123456789ab"})
    assert engine.poll([found])["job"].phase is Phase.RUNNING


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


def test_a_pull_that_breaks_off_says_why(docker: FakeDocker, engine: DockerEngine) -> None:
    docker.pull_fault = "no space left on device"

    with pytest.raises(DockerError, match="cannot pull image:2: no space left on device"):
        engine.submit(job(image=Image("image:2")))


def test_twice_submitted_is_one_job(docker: FakeDocker, engine: DockerEngine) -> None:
    first = engine.submit(job())
    docker.let("job", "exited", ExitCode=0)

    assert engine.submit(job()) == first
    assert list(docker.containers) == ["job"]
    assert state(engine) == JobState(Phase.SUCCEEDED, 0)


def test_submitted_by_many_at_once_is_one_job(docker: FakeDocker) -> None:
    engines = [DockerEngine(docker.address) for _ in range(8)]
    threads = [threading.Thread(target=each.submit, args=(job(),)) for each in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(docker.containers) == ["job"]
    assert docker.asked.count("POST /containers/job/start") == 1


def test_a_name_that_is_taken_by_what_cannot_be_seen_yet_is_waited_for(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    first = engine.submit(job())
    # Before the container is created, and twice after that was refused.
    docker.unseen = 3

    assert engine.submit(job()) == first
    assert docker.asked.count("POST /containers/job/start") == 1


def test_a_name_that_somebody_takes_at_the_same_moment_is_waited_for(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    """Podman says so with a status of no meaning of its own."""
    first = engine.submit(job())
    docker.unseen = 1
    docker.faulty_path, docker.fault_status = "/create", 500
    docker.fault = (
        'container create: creating container storage: the container name "job" is '
        "already in use by 8625543cfb0f. You have to remove that container to be able "
        "to reuse that name: that name is already in use"
    )

    assert engine.submit(job()) == first


@pytest.mark.parametrize("path", ["/create", "/start", "/images/", "/info"])
def test_an_answer_that_gets_lost_is_no_refusal(
    docker: FakeDocker, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(client, "RETRY_SECONDS", 0.01)
    docker.lost, docker.lost_path = 1, path

    assert engine.submit(job())["container"]
    assert not docker.lost
    assert docker.containers["job"]["State"]["Status"] == "running"
    assert docker.asked.count("POST /containers/create") == 1
    assert docker.asked.count("POST /containers/job/start") == 1


@pytest.mark.parametrize("path", ["/create", "/start"])
def test_a_proxy_that_gets_no_answer_is_no_refusal(
    docker: FakeDocker, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(client, "RETRY_SECONDS", 0.01)
    docker.faulty_path, docker.fault, docker.fault_status = path, "Gateway Timeout", 504
    engine.submit(job())

    assert not [asked for asked in docker.asked if asked.startswith("DELETE")]
    assert docker.containers["job"]["State"]["Status"] == "running"


def test_a_job_that_ended_before_it_was_told_to_have_begun_is_not_run_again(
    docker: FakeDocker, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker.lost, docker.lost_path = 1, "/start"

    def end(_: float) -> None:
        docker.let("job", "exited", ExitCode=0)

    monkeypatch.setattr(client.time, "sleep", end)
    engine.submit(job())

    assert docker.asked.count("POST /containers/job/start") == 1


def test_a_container_that_another_has_made_is_left_to_it(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    """Its maker may be about to start it: two starts are two runs of a short job."""
    engine.submit(job())
    docker.let("job", "created")
    DockerEngine(docker.address).submit(job())

    assert docker.asked.count("POST /containers/job/start") == 1


def test_a_docker_that_answers_no_more_is_given_up(
    docker: FakeDocker, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(client, "PATIENCE_SECONDS", 0.1)
    docker.lost, docker.lost_path = 1_000_000, "/start"

    def keep_unstarted(*_: object) -> None:
        docker.let("job", "created")

    monkeypatch.setattr(client.time, "sleep", keep_unstarted)
    with pytest.raises(UnansweredError, match="Docker does not answer"):
        engine.submit(job())


def test_a_container_that_docker_refuses_is_refused_at_once(
    docker: FakeDocker, engine: DockerEngine
) -> None:
    words = "as there are only 2 CPUs available"
    docker.faulty_path, docker.fault, docker.fault_status = "/create", words, 400

    with pytest.raises(DockerError, match=words):
        engine.submit(job())
    assert docker.asked.count("POST /containers/create") == 1


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
        engine.cancel([JOB])
        start(name)

    monkeypatch.setattr(engine._docker.api, "start", cancel_first)

    with pytest.raises(InterruptedError):
        engine.submit(job())
    assert state(engine).phase is Phase.CANCELLED
    assert docker.containers["job-cancelled"]["State"]["Status"] == "created"


def test_a_name_that_is_free_since_its_job_was_cancelled_starts_no_second_one(
    docker: FakeDocker, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ContainerCollection.create

    def be_late(self: ContainerCollection, **request: Any) -> Any:
        # Somebody else submits the job, who is told to cancel it.
        other = DockerEngine(docker.address)
        monkeypatch.undo()
        other.submit(job())
        other.cancel([JOB])
        return create(self, **request)

    monkeypatch.setattr(ContainerCollection, "create", be_late)

    with pytest.raises(InterruptedError):
        engine.submit(job())
    assert list(docker.containers) == ["job-cancelled"]
