"""A generated project on a real Slurm: `make engines` starts it, `make test-engines` runs this."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.template.environments import Environment, lay_over, whole_environment
from tests.template.projects import NAME
from tests.template.rendering import REPOSITORY, copy_template, render
from tests.zenml.versions import NEWEST

pytestmark = pytest.mark.skipif(
    "SLURM_CONF" not in os.environ, reason="no Slurm was started: run `make engines`"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    template = copy_template(tmp_path_factory.mktemp("template"))
    return render(template, tmp_path_factory.mktemp("slurm") / NAME, {"backend": "slurm"})


@pytest.fixture(scope="module")
def environment(project: Path) -> Environment:
    environment = lay_over(whole_environment(NEWEST.lock), project.parent / "environment")
    environment.install("--editable", str(project))
    return environment


def test_the_lifecycle_passes(environment: Environment, project: Path) -> None:
    environment.run(
        *("-m", "pytest", "-p", "no:cacheprovider", str(REPOSITORY / "tests" / "lifecycle")),
        folder=project,
        LIFECYCLE_BACKEND="slurm",
    )


def test_its_own_tests_find_slurm(environment: Environment, project: Path) -> None:
    told = environment.run("-m", "pytest", "-p", "no:cacheprovider", "tests/e2e", folder=project)
    assert " passed" in told
    assert "skipped" not in told


def test_trying_it_runs_the_example_on_slurm(project: Path) -> None:
    sop_new = shutil.which("sop-new", path=str(REPOSITORY / ".venv" / "bin"))
    assert sop_new
    told = subprocess.run([sop_new, "try", str(project), "--json"], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    run = json.loads(told.stdout)["run"]
    assert run["status"] == "completed"
    [step] = run["steps"]
    assert list(step["job"]) == ["job_id", "node", "state"]
    assert step["job"]["state"] == "COMPLETED"
