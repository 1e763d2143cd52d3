"""How a step's own image is got and started, by each program that can."""

import json
import os
import subprocess
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_engine import CANARY, JOB, Clients, job, start
from zenml_acme._core.engine import Image
from zenml_acme._core.environment.containers import command, preparation
from zenml_acme._core.environment.job_folder import JobFolder
from zenml_acme._core.resources import Resources
from zenml_acme.engine.client import SlurmEngine
from zenml_acme.engine.options import StepOptions
from zenml_acme.engine.script import CONTAINERS

REFERENCE = "registry.example:5000/team/zenml@sha256:1f"
PASSWORD = "it's $ecret"


def asked(folder: Path, runtime: str, credentials: bool = False) -> tuple[JobFolder, list[str]]:
    """What is run of a step that asks for a cpu and a half and for a gpu, in its image."""
    chosen = {"container_binds": ["/data", "/a:/b"], "container_args": ["--one=1"]}
    image = Image(REFERENCE, ("ada", PASSWORD) if credentials else None)
    submitted = replace(
        job(resources=Resources(cpus=1.5, gpus=1), container_runtime=runtime, **chosen),
        runtime=image,
    )
    home = JobFolder(folder / "work" / "jobs" / "job")
    run = command(submitted, home, "SLURM_JOB_ID", CONTAINERS[runtime])
    prepared = preparation(submitted, home, runtime)
    return home, [prepared, *run]


def supervised(run: list[str]) -> list[str]:
    """Leave out what is run in the image, which is the same for all."""
    [*program, python, option, module, envelope, number] = run
    assert (python, option, number) == ("python", "-m", "SLURM_JOB_ID")
    assert module == "zenml_acme._core.environment.bootstrap"
    assert CANARY in Path(envelope).read_text()
    assert CANARY not in str(run)
    return program


def test_podman_is_called_as_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    _, [prepared, *run] = asked(tmp_path, "podman")

    work = tmp_path / "work"
    assert supervised(run) == [
        *("podman", "run", "--rm", "--name=job", "--init", "--cgroups=disabled"),
        *("--network=host", "--ipc=host", "--security-opt=label=disable"),
        *("--log-driver=none", "--userns=keep-id", "--entrypoint=", "--workdir=/app"),
        *(f"--volume={work}:{work}", "--volume=/data:/data", "--volume=/a:/b"),
        *("--env=CUDA_VISIBLE_DEVICES", "--env=PYTHONUNBUFFERED"),
        *("--env=STEP_IMPORT_PATHS", "--env=SLURM_*"),
        *("--device=nvidia.com/gpu=all", "--one=1", REFERENCE),
    ]
    assert prepared == 'unset "${!PYTHON@}"\nexport PYTHONNOUSERSITE=1\n'


def test_apptainer_is_called_as_documented(tmp_path: Path) -> None:
    _, [_, *run] = asked(tmp_path, "apptainer")

    assert supervised(run) == [
        *("apptainer", "exec", "--writable-tmpfs", "--pwd=/app"),
        *(f"--bind={tmp_path / 'work'}", "--bind=/data", "--bind=/a:/b", "--nv"),
        *("--one=1", f"docker://{REFERENCE}"),
    ]


def test_charliecloud_is_called_as_documented(tmp_path: Path) -> None:
    home, [_, *run] = asked(tmp_path, "charliecloud")

    assert supervised(run) == [
        *("ch-run", "--cd=/app", "--set-env", f"--bind={home.run / 'app'}:/app"),
        *(f"--bind={tmp_path / 'work'}", "--bind=/data", "--bind=/a:/b"),
        *("--one=1", REFERENCE, "--"),
    ]


def test_pyxis_is_called_as_documented(tmp_path: Path) -> None:
    _, [_, *run] = asked(tmp_path, "pyxis")

    work = tmp_path / "work"
    assert supervised(run) == [
        *("srun", "--ntasks=1", "--export=ALL", "--job-name=job", "--cpus-per-task=2"),
        "--container-image=registry.example:5000#team/zenml@sha256:1f",
        *("--container-writable", "--container-workdir=/app"),
        f"--container-mounts={work}:{work},/data:/data,/a:/b",
        "--one=1",
    ]


def told(script: str, *names: str) -> list[str]:
    """Values of variables after a script."""
    shown = "".join(f'printf "%s\\0" "${name}"\n' for name in names)
    done = subprocess.run(
        ["bash", "-c", f"{script}{shown}"],
        env={"PYTHONPATH": "/of/the/job", "PATH": os.environ["PATH"]},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split("\0")[:-1]


def test_podman_reads_credentials_from_a_file_that_goes_with_the_start(tmp_path: Path) -> None:
    home, [prepared, *run] = asked(tmp_path, "podman", credentials=True)

    [file] = told(prepared, "REGISTRY_AUTH_FILE")
    auth = {"auth": b64encode(f"ada:{PASSWORD}".encode()).decode()}
    assert json.loads(Path(file).read_text()) == {"auths": {"registry.example:5000": auth}}
    assert Path(file).stat().st_mode & 0o077 == 0
    assert PASSWORD not in prepared + str(run)
    home.remove_envelopes()
    assert not Path(file).exists()


def test_apptainer_reads_credentials_from_variables_of_a_file(tmp_path: Path) -> None:
    home, [prepared, *run] = asked(tmp_path, "apptainer", credentials=True)

    names = ("APPTAINER_DOCKER_USERNAME", "APPTAINER_DOCKER_PASSWORD", "PYTHONPATH")
    assert told(prepared, *names) == ["ada", PASSWORD, ""]
    assert PASSWORD not in prepared + str(run)
    assert all(file.stat().st_mode & 0o077 == 0 for file in home.path.glob("envelope-*"))


CH_IMAGE = """\
#!/bin/sh
here=$(dirname "$0")
echo "$@" "$CH_IMAGE_USERNAME" "$CH_IMAGE_PASSWORD" >> "$here/asked"
[ "$1" != list ] || cat "$here/known"
"""


@pytest.fixture
def charliecloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its programs, as far as the script can tell."""
    folder = tmp_path / "charliecloud"
    folder.mkdir()
    for name, program in {"ch-image": CH_IMAGE, "ch-run": CH_IMAGE}.items():
        (folder / name).write_text(program)
        (folder / name).chmod(0o755)
    (folder / "known").touch()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_charliecloud_pulls_an_image_once_with_credentials_that_nothing_else_gets(
    tmp_path: Path, charliecloud: Path
) -> None:
    home, [prepared, *run] = asked(tmp_path, "charliecloud", credentials=True)
    storage = f"export CH_IMAGE_STORAGE={tmp_path / 'storage'}\n"

    assert told(storage + prepared, "CH_IMAGE_PASSWORD") == [""]
    (charliecloud / "known").write_text(f"{REFERENCE}\n")
    told(storage + prepared)

    copied = f"--bind={home.run / 'app'}:/mnt {REFERENCE} -- cp -R /app/. /mnt  "
    assert (charliecloud / "asked").read_text().splitlines() == [
        *(f"list ada {PASSWORD}", f"pull --auth {REFERENCE} ada {PASSWORD}", copied),
        *(f"list ada {PASSWORD}", copied),
    ]
    assert PASSWORD not in prepared + str(run)


def test_an_image_that_cannot_be_pulled_ends_the_job(tmp_path: Path, charliecloud: Path) -> None:
    (charliecloud / "ch-image").write_text("#!/bin/sh\nexit 3\n")
    _, [prepared, *_] = asked(tmp_path, "charliecloud")

    storage = f"export CH_IMAGE_STORAGE={tmp_path / 'storage'}\n"
    done = subprocess.run(["bash", "-c", f"{storage}{prepared}echo on"], capture_output=True)
    assert (done.returncode, done.stdout) == (3, b"")


def test_variables_of_the_image_are_left_and_the_step_has_a_configuration_of_its_own(
    slurm: Clients, engine: SlurmEngine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENML_LOGGING_VERBOSITY", "of the image")
    names = ("ZENML_LOGGING_VERBOSITY", "ZENML_CONFIG_PATH", "ZENML_REPOSITORY_PATH")
    engine.submit(job("python", "-c", f"import os; print(*map(os.environ.get, {names}), sep='|')"))
    start(slurm, home).wait()

    assert engine.logs(JOB, 1000) == f"of the image|{home / 'run' / 'zenml'}|None\n"
    assert not (home / "run").exists()


@pytest.mark.parametrize("several", [{"nodes": 2}, {"tasks_per_node": 2}])
def test_several_tasks_are_refused(several: dict[str, Any]) -> None:
    said = StepOptions(**several).refusal(Resources(), is_command=True)
    assert "a step in a container has one task" in said
