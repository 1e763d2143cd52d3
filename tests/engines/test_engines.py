"""Generated projects on real engines: `make engines` starts them, `make test-engines` runs this."""

import getpass
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.template.environments import Environment, lay_over, whole_environment
from tests.template.projects import NAME, check
from tests.template.rendering import REPOSITORY, copy_template, render
from tests.zenml.outcomes import skips
from tests.zenml.versions import NEWEST, OLDEST, Release


@dataclass(frozen=True)
class Engine:
    """A real engine.

    Attributes:
        backend: the backend that runs steps on it.
        variable: the variable of the environment that tells its clients where it is.
        started: the variable by which `make engines` does so.
        details: what a step's job is found by.
        options: those of the component that its tests need.
    """

    backend: str
    variable: str
    started: str
    details: frozenset[str]
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        """What its clients need; the test is skipped if it was not started."""
        if not self.variable:
            return {}
        if self.started not in os.environ:
            pytest.skip(f"no {self.started} in the environment: run `make engines test-engines`")
        return {self.variable: os.environ[self.started]}


LOCAL = Engine("local", "", "", frozenset())
SSH = replace(LOCAL, backend="ssh")
SLURM = Engine("slurm", "SLURM_CONF", "SLURM_CONF", frozenset({"job_id", "node", "state"}))
GRID = Engine(
    *("gridengine", "SGE_ROOT", "SGE_ROOT", frozenset({"job_id", "node"})),
    {"parallel_environment": "smp"},
)
DOCKER = Engine("docker", "DOCKER_HOST", "DOCKER_HOST", frozenset({"container", "host", "state"}))
PODMAN = replace(DOCKER, started="PODMAN_HOST")


def each(**engines: Engine) -> pytest.MarkDecorator:
    """One after another what one engine runs: the scenarios of its life restart it."""
    return pytest.mark.parametrize(
        "engine",
        [
            pytest.param(engine, id=name, marks=pytest.mark.xdist_group(name))
            for name, engine in engines.items()
        ],
    )


@pytest.fixture
def project(engine: Engine, tmp_path: Path) -> Path:
    template = copy_template(tmp_path / "template")
    return render(template, tmp_path / engine.backend / NAME, {"backend": engine.backend})


def environment_of(project: Path, release: Release) -> Environment:
    environment = lay_over(whole_environment(release.lock), project.parent / "environment")
    environment.install("--editable", str(project))
    return environment


OF_PROCESSES = {
    "facts.py names no settings with which a job stays in the queue",
    "facts.py does not tell how to put it out of reach",
    "facts.py does not tell how resources appear",
}
UNTOLD = {
    "local": OF_PROCESSES,
    "ssh": OF_PROCESSES,
    "slurm": set(),
    "gridengine": set(),
    "docker": {
        "facts.py names no settings with which a job stays in the queue",
        "an image says where its commands start",
    },
}
"""Why the engine contract leaves out what a backend does not have."""


@each(local=LOCAL, slurm=SLURM, gridengine=GRID, docker=DOCKER, podman=PODMAN)
def test_the_engine_contract_holds(engine: Engine, project: Path, tmp_path: Path) -> None:
    report = tmp_path / "contract.xml"
    environment_of(project, NEWEST).run(
        *("-m", "pytest", "-p", "no:cacheprovider", "tests/engine_contract"),
        f"--junit-xml={report}",
        folder=project,
        ENGINE_CONTRACT_CONFIG=json.dumps(dict(engine.options)),
        ENGINE_CONTRACT_IMAGE="localhost/base:test",
        ENGINE_CONTRACT_REQUIRED="1",
        **engine.variables,
    )
    assert set(skips(ElementTree.parse(report).getroot())) == UNTOLD[engine.backend]


IN_IMAGE = """
import sys, time
from pathlib import Path
from zenml_acme._core.engine import Handle, Host, Job
from zenml_acme._core.environment.source_tree import archive_tree
from zenml_acme._core.resources import Resources
from zenml_acme.config import AcmeStepOperatorConfig as Config
from zenml_acme.engine.client import SlurmEngine
folder = Path(sys.argv[1])
options = Config(container_image=sys.argv[2], container_runtime="charliecloud")
host = Host(Path(sys.executable), archive_tree(folder, folder.parent / "sources", 1))
engine = SlurmEngine(folder.parent / "jobs")
command = ("ls", "/image-of-the-tests")
engine.submit(Job("in-image", command, {}, Resources(), None, options, host, {}))
job = Handle("in-image")
while not engine.poll([job])[job.name].phase.ended:
    time.sleep(0.2)
print(engine.logs(job, 1000), engine.poll([job])[job.name])
"""


@each(slurm=SLURM)
def test_the_engine_contract_holds_in_an_image(
    engine: Engine, project: Path, tmp_path: Path
) -> None:
    image = os.environ.get("TEST_CHARLIECLOUD_IMAGE")
    if not image:
        pytest.skip("no TEST_CHARLIECLOUD_IMAGE in the environment: run `make engines`")
    environment = environment_of(project, NEWEST)
    # Charliecloud's programs ask for one.
    variables = {"USER": getpass.getuser(), **engine.variables}
    (tmp_path / "empty").mkdir()
    told = environment.run(
        *("-c", IN_IMAGE, str(tmp_path / "empty"), image), folder=project, **variables
    )
    assert told.startswith("/image-of-the-tests\n"), told

    told = environment.run(
        *("-m", "pytest", "-p", "no:cacheprovider", "tests/engine_contract"),
        folder=project,
        ENGINE_CONTRACT_CONFIG=json.dumps(
            {"container_image": image, "container_runtime": "charliecloud"}
        ),
        ENGINE_CONTRACT_REQUIRED="1",
        **variables,
    )
    assert " passed" in told
    assert "skipped" not in told


@each(ssh=SSH, slurm=SLURM, gridengine=GRID)
def test_the_engine_contract_holds_behind_ssh(
    engine: Engine, project: Path, tmp_path: Path
) -> None:
    if "TEST_LOGIN_BIN" not in os.environ:
        pytest.skip("no TEST_LOGIN_BIN in the environment: run `make engines test-engines`")
    # The checks look into it, and so does the other account.
    folder = Path(tempfile.mkdtemp(prefix="contract-", dir=os.environ["TEST_LOGIN_PLACE"]))
    folder.chmod(0o1777)
    report = tmp_path / "contract.xml"
    environment_of(project, NEWEST).run(
        *("-m", "pytest", "-p", "no:cacheprovider", "tests/engine_contract"),
        f"--junit-xml={report}",
        folder=project,
        ENGINE_CONTRACT_CONFIG=json.dumps(
            {"ssh_host": "login", "workdir": str(folder), **engine.options}
        ),
        ENGINE_CONTRACT_REQUIRED="1",
        PATH=os.pathsep.join((os.environ["TEST_LOGIN_BIN"], os.environ["PATH"])),
        # For what the checks ask the cluster themselves.
        **engine.variables,
    )
    left_out = UNTOLD[engine.backend] - {"facts.py does not tell how to put it out of reach"}
    assert set(skips(ElementTree.parse(report).getroot())) == left_out


@each(slurm=SLURM, gridengine=GRID, docker=DOCKER)
def test_pipelines_run_on_it(engine: Engine, project: Path) -> None:
    told = environment_of(project, NEWEST).run(
        *("-m", "pytest", "-rs", "-p", "no:cacheprovider"),
        *(str(REPOSITORY / "tests" / "core" / "lifecycle"), "-m", "engine"),
        folder=project,
        LIFECYCLE_BACKEND=engine.backend,
        # What is skipped there is looked at here.
        SOP_NEW_FORBID_SKIPS="",
        **engine.variables,
    )
    skipped = re.findall(r"^SKIPPED .*?: (.*)$", told, re.MULTILINE)
    assert all(why.startswith(f"the backend {engine.backend} ") for why in skipped), skipped


@pytest.mark.parametrize("release", [OLDEST, NEWEST], ids=lambda release: release.minor)
@each(slurm=SLURM, docker=DOCKER, podman=PODMAN)
def test_its_own_tests_find_the_engine(engine: Engine, release: Release, project: Path) -> None:
    told = environment_of(project, release).run(
        *("-m", "pytest", "-p", "no:cacheprovider", "tests/e2e"),
        folder=project,
        **engine.variables,
    )
    assert " passed" in told
    assert "skipped" not in told


NOT_CONCERNED = {
    "slurm": {"it asks for no images"},
    "docker": {
        "its steps run in images, where /app is their own",
        # Its client keeps the connection that it has.
        "it asks its engine neither over a connection nor by a program",
    },
}
"""Why some checks do not concern what runs on an engine, beside what concerns none here."""


@each(slurm=SLURM, docker=DOCKER)
def test_the_contract_holds_and_leaves_no_job(
    engine: Engine, project: Path, tmp_path: Path
) -> None:
    before = jobs(engine)
    python = whole_environment(NEWEST.lock) / "bin" / "python"
    report = tmp_path / "check.xml"
    checked = check(project, python, "--junit", str(report), folder=tmp_path, **engine.variables)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    skipped = skips(ElementTree.parse(report).getroot())
    assert set(skipped) == NOT_CONCERNED[engine.backend] | {
        "it asks for no entrypoint",
        "it has no secrets",
        "SOP_NEW_RECORDED_CALLS names no file with what an engine was sent",
    }
    assert jobs(engine) <= before


def jobs(engine: Engine) -> set[str]:
    """Names of the jobs that an engine has."""
    listed = {
        "docker": ("docker", "ps", "--all", "--format={{.Names}}"),
        "slurm": ("squeue", "--noheader", "--format=%j"),
    }
    told = subprocess.run(
        listed[engine.backend],
        env=os.environ | engine.variables,
        check=True,
        capture_output=True,
        text=True,
    )
    return {name for name in told.stdout.split() if name.startswith("zenml-")}


@each(slurm=SLURM, gridengine=GRID, docker=DOCKER)
def test_trying_it_runs_the_example_on_the_engine(engine: Engine, project: Path) -> None:
    sop_new = shutil.which("sop-new", path=str(REPOSITORY / ".venv" / "bin"))
    assert sop_new
    told = subprocess.run(
        [sop_new, "try", str(project), "--json"],
        env=os.environ | engine.variables,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    run = json.loads(told.stdout)["run"]
    assert run["status"] == "completed"
    [step] = run["steps"]
    assert step["job"].keys() == engine.details
    assert any("points are inside the circle" in line for line in step["log"])
