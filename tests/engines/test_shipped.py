"""All levels of the contract on operators that ZenML ships, where their engine is at hand."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sop_new.check.result import Report

from tests.shipped import live
from tests.shipped.operators import OPERATORS
from tests.template.environments import lay_over, uv, whole_environment
from tests.template.rendering import REPOSITORY
from tests.zenml.versions import NEWEST

SOP_NEW = REPOSITORY / ".venv" / "bin" / "sop-new"
[SSH] = [operator for operator in OPERATORS if operator.integration == "ssh"]
DOCKERFILE = """
FROM localhost/zenml:test
COPY {lock} /tmp/
RUN uv pip install --no-cache-dir --no-deps --compile-bytecode --requirement /tmp/{lock}
"""
NEEDED = ("TEST_SSH_FOLDER", "TEST_SSH_PORT", "TEST_REGISTRY", "DOCKER_HOST")


@pytest.fixture
def docker() -> Path:
    """The program by which who logs in by ssh reaches Docker; it may pull from the registry."""
    if missing := [name for name in NEEDED if name not in os.environ]:
        pytest.skip(f"no {missing[0]} in the environment: run `make engines test-engines`")
    program = Path(os.environ["TEST_SSH_FOLDER"], "docker")
    run(
        *(program, "login", "--username", os.environ["TEST_REGISTRY_USER"], "--password-stdin"),
        os.environ["TEST_REGISTRY"],
        text=os.environ["TEST_REGISTRY_PASSWORD"],
    )
    return program


@pytest.fixture
def image(docker: Path, tmp_path: Path) -> Iterator[str]:
    """An image with ZenML and what its operator imports, in the registry."""
    name = f"{os.environ['TEST_REGISTRY']}/zenml-ssh:test"
    file = tmp_path / "Dockerfile"
    file.write_text(DOCKERFILE.format(lock=SSH.lock.name))
    # The legacy builder is at hand wherever Docker is.
    run(docker, "build", "--file", file, "--tag", name, SSH.lock.parent, DOCKER_BUILDKIT="0")
    run(docker, "push", name)
    yield name
    # The operator leaves all of them.
    left = run(docker, "ps", "--all", "--quiet", "--filter", f"ancestor={name}").split()
    if left:
        run(docker, "rm", "--force", *left)


def run(*command: str | Path, text: str = "", **variables: str) -> str:
    done = subprocess.run(
        command, input=text, env=os.environ | variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# Others restart this Docker meanwhile.
@pytest.mark.xdist_group("docker")
def test_all_levels_of_zenmls_ssh_find_what_the_scoreboard_shows(
    docker: Path, image: str, tmp_path: Path
) -> None:
    environment = lay_over(whole_environment(NEWEST.lock), tmp_path / "environment")
    uv(
        *("pip", "install", "--python", str(environment.python)),
        *("--no-deps", "--requirement", str(SSH.lock)),
    )
    shared = tmp_path / "shared"
    shared.mkdir()
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps(
            {
                "hostname": "127.0.0.1",
                "username": "root",
                "port": int(os.environ["TEST_SSH_PORT"]),
                "ssh_key_path": str(docker.with_name("user")),
                "known_hosts_path": str(docker.with_name("known_hosts")),
                "docker_binary": str(docker),
                "remote_workdir": str(tmp_path / "remote"),
                "mounts": {str(shared): str(shared)},
            }
        )
    )

    for attempt in ("first", "second"):
        report = checked(attempt, environment.python, config, image, shared)
        live.keep(SSH, versions(docker), report)
        failed = {each.id: each.said for each in report.checks if each.outcome == "failed"}
        lacking = {each.id: each.said for each in report.checks if each.lacks}
        # On a machine that is busy, a step may come too late: what is there is there again.
        if not lacking and failed.keys() == {*live.record()["ssh"].found}:
            return
    assert not lacking
    assert failed.keys() == {*live.record()["ssh"].found}, failed


def checked(attempt: str, python: Path, config: Path, image: str, shared: Path) -> Report:
    """What `sop-new check` tells of it, with a folder that its containers see."""
    told = subprocess.run(
        [
            *(SOP_NEW, "check", SSH.source, "--json", "--python", python),
            *("--config", config, "--image", image),
        ],
        cwd=config.parent,
        # They share one Docker with what runs beside.
        env=os.environ | {"TMPDIR": str(shared), "CONTRACT_AT_ONCE": "2"},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1, f"{attempt} time: {told.stdout}{told.stderr}"
    return Report.model_validate_json(told.stdout)


def versions(docker: Path) -> str:
    """Of the engine, as in "OpenSSH 9.2, Docker 20.10"."""
    ssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=True).stderr
    server = run(docker, "version", "--format", "{{.Server.Version}}")
    numbers = [re.findall(r"\d+\.\d+", told)[0] for told in (ssh, server)]
    return "OpenSSH {}, Docker {}".format(*numbers)
