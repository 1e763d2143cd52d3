"""Steps on Slurm in images that ZenML builds, which its nodes pull from a registry."""

import getpass
import json
import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.engines.test_engines import SLURM_IMAGES, Engine, each, environment_of, jobs, project
from tests.zenml.outcomes import skips
from tests.zenml.versions import NEWEST

__all__ = ["project"]

FLOW = Path(__file__).parent / "workspace" / "images.py"
NEEDED = ("DOCKER_HOST", "TEST_REGISTRY", "CONTAINERS_STORAGE_CONF")
ARGUMENTS = {
    # crun, which `--cgroups=disabled` is for, refuses a machine with both versions of cgroups.
    "podman": ["--cgroups=no-conmon"],
    "charliecloud": [],
}


def skip_unless_started() -> None:
    for name in NEEDED:
        if name not in os.environ:
            pytest.skip(f"no {name} in the environment: run `make engines test-engines`")


@pytest.mark.parametrize("runtime", ARGUMENTS)
@each(slurm=SLURM_IMAGES)
def test_a_step_runs_in_the_image_that_zenml_has_built(
    engine: Engine, runtime: str, project: Path, tmp_path: Path
) -> None:
    skip_unless_started()
    environment = environment_of(project, NEWEST)
    here, workdir = tmp_path / "here", tmp_path / "work"
    here.mkdir()
    shutil.copy(FLOW, here)
    before = jobs(engine)

    told = environment.run(
        *(FLOW.name, runtime, str(workdir), *ARGUMENTS[runtime]),
        folder=here,
        ZENML_CONFIG_PATH=str(tmp_path / "zenml"),
        ZENML_ANALYTICS_OPT_IN="false",
        # Charliecloud's programs ask for one, keep images there, and trust no certificate of ours.
        USER=getpass.getuser(),
        CH_IMAGE_STORAGE=str(tmp_path / "images"),
        REQUESTS_CA_BUNDLE=os.environ["TEST_REGISTRY_CERTIFICATE"],
        **engine.variables,
    )

    result = json.loads(told.splitlines()[-1])
    assert result["job"].keys() == engine.details
    seen = result["seen"]
    assert seen["variable"] == "of the image"
    assert seen["home"] == "/app/code"
    assert seen["number"] == result["job"]["job_id"]
    assert seen["files"].split() == [".end", "claim", "labels.json", "lock", "output.log", "run"]
    assert os.environ["TEST_REGISTRY_PASSWORD"] not in seen["variables"]
    assert "fail" in result["failed"]
    [log] = workdir.rglob("output.log")
    assert "ValueError: as it should be" in log.read_text()
    assert jobs(engine) <= before


def image_of(project: Path) -> str:
    """Build an image that has the project's package, and give it to Podman."""
    name = f"localhost/contract:{os.getpid()}"
    recipe = "FROM localhost/base:test\nWORKDIR /app\nCOPY zenml_acme zenml_acme\n"
    (project / "Dockerfile").write_text(recipe)
    (project / ".dockerignore").write_text("*\n!zenml_acme\n")
    subprocess.run(["docker", "build", "--quiet", "--tag", name, project], check=True)
    saved = project.parent / "image.tar"
    subprocess.run(["docker", "save", "--output", saved, name], check=True)
    subprocess.run(["podman", "load", "--quiet", "--input", saved], check=True)
    return name


@each(slurm=SLURM_IMAGES)
def test_the_engine_contract_holds_in_an_image_of_the_step_s_own(
    engine: Engine, project: Path, tmp_path: Path
) -> None:
    skip_unless_started()
    report = tmp_path / "contract.xml"
    environment_of(project, NEWEST).run(
        *("-m", "pytest", "-p", "no:cacheprovider", "tests/engine_contract"),
        f"--junit-xml={report}",
        folder=project,
        ENGINE_CONTRACT_CONFIG=json.dumps({"container_args": ARGUMENTS["podman"]}),
        ENGINE_CONTRACT_IMAGE=image_of(project),
        ENGINE_CONTRACT_REQUIRED="1",
        **engine.variables,
    )
    left_out = {"an image says where its commands start"}
    assert set(skips(ElementTree.parse(report).getroot())) == left_out
