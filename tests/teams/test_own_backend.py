"""A team's own backend: its projects are held to what holds for those of our backends."""

import shlex
from pathlib import Path

import pytest

from tests.teams.own_backend import STAND_IN, Queue, add_team, render_acmeq
from tests.template import test_projects, test_readme
from tests.template.environments import lay_over
from tests.template.projects import NAME, PACKAGE, Project
from tests.template.rendering import read_files, render

ANSWERS_FILE = ".copier-answers.team.yml"

ON_THE_QUEUE = f"""
import sys
import time
from dataclasses import replace
from pathlib import Path
from {PACKAGE}.engine import connect
from {PACKAGE}.engine.client import QueueError
from {PACKAGE}.engine.options import ComponentOptions, StepOptions
from {PACKAGE}._core.engine import Handle, Host, Job, Phase
from {PACKAGE}._core.environment.source_tree import archive_tree
from {PACKAGE}._core.resources import Resources

Path("root").mkdir()
place = Host(Path(sys.executable), archive_tree(Path("root"), Path("sources").absolute(), 1))
echo = ("echo", "once")
job = Job("job", echo, dict(SECRET="canary"), Resources(), None, StepOptions(), place, {{}})
handle = Handle("job")
engine = connect(ComponentOptions(), Path().absolute())

def state():
    return engine.poll([handle])["job"]

def end():
    while not state().phase.ended:
        time.sleep(0.05)
    return state()

details = engine.submit(job)
assert engine.submit(job) == details == state().details
assert end().phase is Phase.SUCCEEDED
engine.submit(job)
engine.cancel([handle, Handle("nobody's")])
assert end().phase is Phase.SUCCEEDED
assert engine.logs(handle, 9) == "once\\n"
assert engine.logs(handle, 3) == "ce\\n"
engine.remove(handle)
engine.remove(handle)
assert state().phase is Phase.UNKNOWN

engine.submit(replace(job, command=("sleep", "600"), timeout_seconds=1))
assert end().reason == "the job reached its timeout_seconds"
engine.remove(handle)

deaf = "import signal, time; signal.signal(signal.SIGTERM, print); print('deaf'); time.sleep(600)"
engine.submit(replace(job, command=("python", "-c", deaf)))
while "deaf" not in engine.logs(handle, 999):
    time.sleep(0.05)
engine.cancel([handle])
while "15" not in engine.logs(handle, 999):
    time.sleep(0.05)
assert state().phase is Phase.RUNNING
engine.cancel([handle], force=True)
assert end().phase is Phase.CANCELLED
engine.remove(handle)
assert not list(Path("jobs").iterdir())

try:
    engine.submit(replace(job, resources=Resources(gpus=2)))
except QueueError as error:
    print("REFUSED", error)
"""


@pytest.fixture(scope="module")
def project(acmes_project: Project) -> Project:
    """The project that the tests of our backends' projects are given here."""
    return acmes_project


distributions = test_projects.distributions
test_lint_and_format_are_clean = test_projects.test_lint_and_format_are_clean
test_types_are_strict_and_clean = test_projects.test_types_are_strict_and_clean
test_its_own_tests_pass = test_projects.test_its_own_tests_pass_and_leave_the_owners_zenml_alone
test_the_wheel_holds_every_module = test_projects.test_the_wheel_holds_every_module_and_is_typed
test_the_sdist_is_complete = test_projects.test_the_sdist_holds_what_a_packager_needs
test_the_table_of_options_is_right = test_readme.test_the_table_of_options_is_complete_and_right


@pytest.mark.parametrize("names", test_projects.NAMES)
def test_lint_and_format_are_clean_whatever_the_names(
    project: Project, template: Path, acme: Path, tmp_path: Path, names: str
) -> None:
    folder = render_acmeq(template, acme, tmp_path / "project", test_projects.NAMES[names])
    project.environment.run("-m", "ruff", "check", folder=folder)
    project.environment.run("-m", "ruff", "format", "--check", folder=folder)


def test_the_team_replaces_what_knows_the_engine_and_nothing_else(
    template: Path, project: Project, tmp_path: Path
) -> None:
    before = read_files(render(template, tmp_path / NAME, STAND_IN))
    after = read_files(project.folder)
    engine = {f"{PACKAGE}/engine/{name}.py" for name in ("__init__", "client", "options")}
    replaced = {*engine, "README.md", "tests/test_engine.py"}

    assert {name for name in before if before[name] != after[name]} == replaced
    assert b"\nbackend: acmeq\n" in after[ANSWERS_FILE]
    assert not [name for name in after if b"BlankEngine" in after[name]]


def test_a_project_of_another_backend_gets_the_answers_alone(
    template: Path, acme: Path, tmp_path: Path
) -> None:
    folder = render(template, tmp_path / NAME, {"backend": "local"})
    before = read_files(folder)
    after = read_files(add_team(acme, folder, {}))

    assert b"\nbackend: local\n" in after.pop(ANSWERS_FILE)
    assert after == before


def test_the_engine_and_the_queue_understand_each_other(
    project: Project, queue: Queue, tmp_path: Path
) -> None:
    told = project.environment.run(
        *("-c", ON_THE_QUEUE), folder=tmp_path, ACMEQ_URL=queue.url, ACMEQ_TOKEN=queue.token
    )

    assert "2 gpus were asked for, and there are none" in told.partition("REFUSED")[2]
    assert not queue.jobs()


def test_the_readmes_commands_register_and_its_code_runs_on_the_queue(
    project: Project, queue: Queue, tmp_path: Path
) -> None:
    readme = (project.folder / "README.md").read_text(encoding="utf-8")
    (tmp_path / "token").write_text(queue.token)
    environment = lay_over(project.environment.base, tmp_path / "environment")
    environment.install("--editable", str(project.folder))
    commands = (
        test_readme.blocks(readme, "Register", "sh")
        .replace("\\\n", "")
        .replace("https://queue.acme.example", queue.url)
        .replace("/shared/zenml", str(tmp_path / "shared"))
    )
    told = ""
    for line in commands.splitlines():
        program, *arguments = shlex.split(line)
        told += environment.run_script(program, *arguments, folder=tmp_path)

    elsewhere = tmp_path / "pipelines"
    elsewhere.mkdir()
    code = test_readme.blocks(readme, "Use", "python") + "\n\ntraining()\n"
    (elsewhere / "training.py").write_text(code, encoding="utf-8")
    told += environment.run("training.py", folder=elsewhere)

    assert "Pipeline run has finished" in told
    assert queue.token not in told
    assert not queue.jobs()
