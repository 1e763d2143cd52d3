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
from dataclasses import replace
from pathlib import Path
from {PACKAGE}.engine import connect
from {PACKAGE}.engine.client import QueueError
from {PACKAGE}.engine.options import ComponentOptions, StepOptions
from {PACKAGE}._core.engine import Host, Job, Phase
from {PACKAGE}._core.resources import Resources

engine = connect(ComponentOptions(), Path())
place = Host(Path("python"), Path("unused"))
job = Job("job", ("echo", "once"), {{}}, Resources(), StepOptions(), place, {{}})

def end_of(name):
    while not (state := engine.poll([name])[name]).phase.ended:
        pass
    return state

engine.submit(job)
engine.submit(job)
assert end_of("job").phase is Phase.SUCCEEDED
engine.submit(job)
engine.cancel("job")
assert end_of("job").phase is Phase.SUCCEEDED
assert engine.logs("job", 9) == "once\\n"
engine.remove("job")
engine.remove("job")
assert end_of("job").reason == "the queue does not know the job"

long = replace(job, command=("sleep", "600"))
engine.submit(replace(long, options=StepOptions(timeout_seconds=1)))
assert end_of("job").reason == "its time was over"
engine.remove("job")
engine.submit(long)
engine.cancel("job")
assert engine.poll(["job"])["job"].phase is Phase.CANCELLED
engine.remove("job")

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


def test_the_engine_and_the_queue_understand_each_other(project: Project, queue: Queue) -> None:
    told = project.run("-c", ON_THE_QUEUE, ACMEQ_URL=queue.url, ACMEQ_TOKEN=queue.token)

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
