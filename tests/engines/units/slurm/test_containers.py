"""How a step's command is started in a container, by each program that can."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from test_engine import CANARY, job
from zenml_acme._core.engine import Host
from zenml_acme._core.environment.containers import within
from zenml_acme._core.environment.job_folder import ENTRYPOINT, JobFolder
from zenml_acme._core.resources import Resources
from zenml_acme.engine.options import StepOptions
from zenml_acme.engine.script import CONTAINERS

STORES = {"ZENML_LOCAL_STORES_PATH": "/stores", "TOKEN": CANARY}


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The interpreter of a virtual environment, of one that has a folder of its own."""
    base = tmp_path / "python-3.12.1" / "bin"
    base.mkdir(parents=True)
    (base / "python3").touch()
    (tmp_path / "python-3.12").symlink_to(base.parent)
    programs = tmp_path / "venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(base / "python3")
    home = f"version = 3.12.1\nhome = {tmp_path / 'python-3.12' / 'bin'}\n"
    (tmp_path / "venv" / "pyvenv.cfg").write_text(home)
    return programs / "python"


def started(folder: Path, python: Path, *command: str, **options: Any) -> list[str]:
    """What starts a command that asks for a cpu and a half and for a gpu."""
    asked = Resources(cpus=1.5, gpus=1)
    chosen = {"container_binds": ["/data", "/a:/b"], "container_image": "img", **options}
    submitted = replace(
        job(*command, resources=asked, **chosen),
        environment=STORES,
        runtime=Host(python, Path("unused")),
    )
    start = CONTAINERS[submitted.options.container_runtime]
    return list(within(submitted, JobFolder(folder / "work" / "jobs" / "job"), start))


def bound(folder: Path) -> list[str]:
    """What has to be seen inside."""
    mine = [folder / each for each in ("venv", "python-3.12", "python-3.12.1")]
    return [str(folder / "work"), "/stores", *map(str, mine)]


def test_podman_is_called_as_documented(
    tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    run = tmp_path / "work" / "jobs" / "job" / "run"

    assert started(tmp_path, python, container_args=["--shm-size=1g"]) == [
        *("podman", "run", "--rm", "--name=job", "--init", "--cgroups=disabled"),
        *("--network=host", "--ipc=host", "--security-opt=label=disable"),
        *("--log-driver=none", "--userns=keep-id", "--entrypoint="),
        f"--workdir={run / 'source'}",
        *(f"--volume={path}:{path}" for path in bound(tmp_path)),
        *("--volume=/data:/data", "--volume=/a:/b"),
        *("--env-host", "--env=ZENML_*", "--env=CUDA_VISIBLE_DEVICES"),
        *("--env=PYTHONUNBUFFERED", "--env=STEP_IMPORT_PATHS"),
        *("--env=ZENML_LOCAL_STORES_PATH", "--env=TOKEN"),
        *("--device=nvidia.com/gpu=all", "--shm-size=1g", "img"),
    ]


def test_apptainer_is_called_as_documented(tmp_path: Path, python: Path) -> None:
    run = tmp_path / "work" / "jobs" / "job" / "run"
    image = {"container_image": "/images/step.sif", "container_runtime": "apptainer"}

    assert started(tmp_path, python, *ENTRYPOINT, **image) == [
        *("apptainer", "exec", "--writable-tmpfs", f"--pwd={run / 'start'}"),
        *(f"--bind={path}" for path in bound(tmp_path)),
        *("--bind=/data", "--bind=/a:/b", "--nv", "/images/step.sif"),
    ]


def test_charliecloud_is_called_as_documented(tmp_path: Path, python: Path) -> None:
    run = tmp_path / "work" / "jobs" / "job" / "run"

    assert started(tmp_path, python, container_runtime="charliecloud") == [
        *("ch-run", f"--cd={run / 'source'}"),
        *(f"--bind={path}" for path in bound(tmp_path)),
        *("--bind=/data", "--bind=/a:/b", "img", "--"),
    ]


def test_pyxis_is_called_as_documented(tmp_path: Path, python: Path) -> None:
    run = tmp_path / "work" / "jobs" / "job" / "run"
    mounts = [*(f"{path}:{path}" for path in bound(tmp_path)), "/data:/data", "/a:/b"]

    assert started(tmp_path, python, container_runtime="pyxis") == [
        *("srun", "--ntasks=1", "--export=ALL", "--job-name=job", "--cpus-per-task=2"),
        *("--container-image=img", "--container-writable"),
        f"--container-workdir={run / 'source'}",
        f"--container-mounts={','.join(mounts)}",
        "--container-env=ZENML_CONFIG_PATH,ZENML_CUSTOM_SOURCE_ROOT,"
        "ZENML_REPOSITORY_PATH,CUDA_VISIBLE_DEVICES,PYTHONUNBUFFERED,"
        "STEP_IMPORT_PATHS,ZENML_LOCAL_STORES_PATH,TOKEN",
    ]


@pytest.mark.parametrize("runtime", ["apptainer", "charliecloud", "podman", "pyxis"])
def test_no_value_of_a_variable_is_on_a_command_line(
    runtime: str, tmp_path: Path, python: Path
) -> None:
    told = started(tmp_path, python, container_runtime=runtime)

    assert told
    assert CANARY not in str(told)


def test_the_folders_that_every_image_has_are_not_hidden(tmp_path: Path) -> None:
    told = started(tmp_path, Path("/usr/bin/python3"))

    volumes = [each for each in told if each.startswith("--volume=")]
    assert "--volume=/usr:/usr" not in volumes
    assert len(volumes) == 4


def test_without_an_image_the_node_starts_the_command(tmp_path: Path) -> None:
    assert not started(tmp_path, Path(sys.executable), container_image=None)


@pytest.mark.parametrize(
    "options",
    [
        {"container_image": "--privileged"},
        {"container_runtime": "rkt"},
        {"container_binds": ["data"]},
        {"container_binds": ["/a,/b"]},
        {"container_binds": ["/a:/b:ro"]},
        {"container_args": ["-v /:/host"]},
        {"container_args": ["image"]},
    ],
)
def test_what_a_runtime_would_misunderstand_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StepOptions(**options)


def test_a_folder_that_no_bind_can_name_is_refused(tmp_path: Path, python: Path) -> None:
    with pytest.raises(ValueError, match="a colon or a comma"):
        started(tmp_path / "a:b", python)


def test_no_image_is_started_for_several_tasks() -> None:
    options = StepOptions(container_image="img", nodes=2)

    assert (
        options.refusal(Resources(), is_command=True) == "container_image is for steps of one task"
    )
    assert not StepOptions(container_image="img").refusal(Resources(), is_command=True)
