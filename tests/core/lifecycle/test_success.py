"""Steps that end well, and what they were given."""

import json
import logging
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from backends import WORKDIR, needs_host
from conftest import CANARY, ROOT, Run, Zenml
from versions import needs_commands, needs_operators

AWKWARD = "a b 'c' \"d\" $HOME `e` \\f $( g ) %s\n\n{h} \N{SNOWMAN} --i\t;j&"


class Watch(threading.Thread):
    """Looks for the canary, while a run goes on, in all that others may read."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()
        self.seen: set[str] = set()

    def run(self) -> None:
        while not self.done.wait(0.05):
            for folder, _, files in os.walk(WORKDIR):
                for name in files:
                    self.look(Path(folder, name))
            for command_line in Path("/proc").glob("[0-9]*/cmdline"):
                self.look(command_line)

    def look(self, path: Path) -> None:
        try:
            content = path.read_bytes()
            # Above the workdir is a folder of the tests, which nobody may enter.
            folders = [each for each in path.parents if each.is_relative_to(WORKDIR)]
            modes = [each.stat().st_mode & 0o011 for each in folders]
            modes.append(path.stat().st_mode & 0o044)
        except OSError:
            return
        if CANARY.encode() in content and all(modes):
            self.seen.add(str(path))


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="module")
def looked(zenml: Zenml, watch: Watch) -> Run:
    """A run of two steps, whose second one saw what there is to see."""
    from flows.pipelines import looking
    from zenml.config import DockerSettings

    settings = {"docker": DockerSettings(environment={"CANARY": CANARY})}
    watch.start()
    looking.with_options(settings=settings)(AWKWARD)
    watch.done.set()
    watch.join()
    return zenml.last_run()


@pytest.mark.engine
def test_several_outputs_of_the_users_own_types_travel(looked: Run) -> None:
    assert looked.status == "completed"
    assert looked.output("make_shape", "sides") == 5
    assert looked.output("look_around")["sides"] == 5


@pytest.mark.engine
def test_an_argument_arrives_as_it_is(looked: Run) -> None:
    assert looked.output("look_around")["text"] == AWKWARD


@pytest.mark.engine
@needs_host
def test_a_step_runs_in_a_process_and_a_folder_of_its_own(looked: Run) -> None:
    seen = looked.output("look_around")

    assert seen["process"] != os.getpid()
    assert Path(seen["folder"]).is_relative_to(WORKDIR)


@pytest.mark.engine
def test_the_environment_reaches_the_step_and_nothing_else(
    looked: Run, watch: Watch, zenml: Zenml
) -> None:
    seen = looked.output("look_around")

    assert seen["canary"] == CANARY
    assert CANARY not in seen["listed"]
    assert not watch.seen
    assert CANARY not in repr(zenml.operator)
    for step in looked.response.steps.values():
        assert CANARY not in repr(step.run_metadata)


@pytest.mark.engine
def test_what_succeeded_leaves_nothing(looked: Run, zenml: Zenml) -> None:
    step = looked.step("look_around")

    assert not zenml.remains(step.id)
    assert zenml.phase(step) not in ("pending", "running")


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        (["-m", "nightly"], ROOT),
        pytest.param([str(ROOT / "nightly.py")], ROOT / "jobs", marks=pytest.mark.once),
    ],
    ids=["module", "script from a sub-folder"],
)
def test_code_in_packages_travels_however_a_pipeline_is_started(
    zenml: Zenml, command: list[str], folder: Path
) -> None:
    run = zenml.run(*command, AWKWARD, folder=folder)

    assert run.status == "completed"
    assert run.output("shout_it") == AWKWARD.upper() + "!"


def test_a_script_in_a_sub_folder_of_a_repository_runs(
    zenml: Zenml, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zenml.client import Client

    shutil.copytree(ROOT, tmp_path, dirs_exist_ok=True)
    (tmp_path / ".zen").mkdir()
    # At the root, from where nothing is imported when the script is started.
    for name in ("queue", "secrets", "types"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not the standard library')")
    # As where the project is installed as editable, and somebody goes on working on it.
    (tmp_path / "src" / "inhouse").mkdir(parents=True)
    (tmp_path / "src" / "inhouse" / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "src"))
    monkeypatch.setenv("ZENML_ACTIVE_STACK_ID", str(Client().active_stack.id))
    monkeypatch.delenv("ZENML_REPOSITORY_PATH")
    run = zenml.run("weekly.py", AWKWARD, folder=tmp_path / "jobs")

    assert run.output("measure", "length") == len(AWKWARD)
    assert Path(run.output("measure", "imported")).is_relative_to(WORKDIR)


@needs_operators
def test_steps_run_on_the_operator_they_name(
    zenml: Zenml, two_operators: None, operators: dict[str, str]
) -> None:
    from flows.pipelines import on_both

    on_both()

    assert zenml.last_run().status == "completed"
    assert operators == {"on_the_first": "first", "on_the_second": "second"}


@needs_commands
def test_a_command_gets_its_arguments_as_they_are_and_its_output_is_shown(
    zenml: Zenml, marks: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from flows.commands import showing

    arguments = [*AWKWARD.split(" "), AWKWARD, ""]
    pipeline: Any = showing(str(marks), arguments)
    with caplog.at_level(logging.INFO):
        pipeline()

    assert zenml.last_run().status == "completed"
    assert json.loads((marks / "arguments").read_text()) == arguments
    # ZenML stores it nowhere (ZenML 0.98).
    assert caplog.text.count("shown, with arguments") == 1
