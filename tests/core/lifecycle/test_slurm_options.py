"""What a step can ask of Slurm alone: several nodes, a prologue, a later start, part of a gpu."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Launcher, Zenml, wait_for
from test_slurm import ask, end_of
from versions import needs_commands

pytestmark = [pytest.mark.once, pytest.mark.engine]


def launch(zenml: Zenml, flow: str, marks: Path, **options: object) -> Launcher:
    """Start a run whose step has such options."""
    settings = json.dumps({"step_operator": options})
    return zenml.start("launch.py", *flow.split("."), str(marks), settings)


@pytest.fixture
def tasks(zenml: Zenml, marks: Path) -> Iterator[Launcher]:
    """A launcher whose command runs in four tasks on two nodes."""
    launcher = launch(zenml, "commands.tasking", marks, nodes=2, tasks_per_node=2)
    wait_for(lambda: len(list(marks.glob("[0-9]*"))) == 4 or launcher.process.poll() is not None)
    assert launcher.process.poll() is None, launcher.output()
    yield launcher
    launcher.process.kill()


def is_gone(zenml: Zenml) -> bool:
    """Whether nothing of a command is left, on any node."""
    return not zenml.running() and not ask("squeue", "--noheader")


@needs_commands
def test_a_command_runs_on_two_nodes_where_each_task_knows_its_place(
    zenml: Zenml, marks: Path, tasks: Launcher
) -> None:
    told = [json.loads(mark.read_text()) for mark in sorted(marks.glob("[0-9]*"))]
    end_of(tasks, marks)

    places = ("RANK", "LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "SLURMD_NODENAME")
    assert [tuple(each[name] for name in places) for each in told] == [
        ("0", "0", "0", "4", "n1"),
        ("1", "1", "0", "4", "n1"),
        ("2", "0", "1", "4", "n2"),
        ("3", "1", "1", "4", "n2"),
    ]
    assert {(each["STEP_HOSTS"], each["MASTER_ADDR"]) for each in told} == {("n1,n2", "n1")}
    assert len({each["MASTER_PORT"] for each in told}) == 1
    [step] = zenml.last_steps()
    assert step.run_metadata["job"]["node"] == "n[1-2]"
    assert zenml.last_run().status == "completed"
    wait_for(lambda: is_gone(zenml))


@needs_commands
def test_tasks_that_are_interrupted_leave_nothing(
    zenml: Zenml, marks: Path, tasks: Launcher
) -> None:
    tasks.process.send_signal(signal.SIGINT)

    assert tasks.wait() != 0
    wait_for(lambda: is_gone(zenml))


@needs_commands
def test_one_task_that_fails_ends_the_others(zenml: Zenml, marks: Path, tasks: Launcher) -> None:
    (marks / "fail").touch()

    assert tasks.wait() != 0
    assert "task 1: Exited with exit code 3" in tasks.output()
    wait_for(lambda: is_gone(zenml))


@needs_commands
def test_tasks_that_take_too_long_leave_nothing(zenml: Zenml, marks: Path) -> None:
    options = {"nodes": 2, "tasks_per_node": 2, "timeout_seconds": 4}
    launcher = launch(zenml, "commands.tasking", marks, **options)

    assert launcher.wait() != 0
    assert "reached its timeout_seconds" in launcher.output()
    assert len(list(marks.iterdir())) == 4
    wait_for(lambda: is_gone(zenml))


def test_a_step_of_zenml_is_refused_several_nodes(zenml: Zenml, marks: Path) -> None:
    launcher = launch(zenml, "pipelines.marking", marks, nodes=2)

    assert launcher.wait() != 0
    assert "each task would run ZenML's entrypoint, and publish the same" in launcher.output()
    assert not list(marks.iterdir())
    [step] = zenml.last_steps()
    assert not zenml.remains(step.id)


def test_a_prologue_that_is_missing_is_told(zenml: Zenml, marks: Path) -> None:
    launcher = launch(zenml, "pipelines.marking", marks, prologue="/no/such prologue")

    assert launcher.wait() != 0
    assert "The prologue /no/such prologue failed: the step does not start." in launcher.output()
    assert not list(marks.iterdir())


def test_why_a_step_waits_and_until_when_is_told(zenml: Zenml, marks: Path) -> None:
    launcher = launch(zenml, "pipelines.marking", marks, begin="now+1hour")
    try:
        wait_for(lambda: "is pending: BeginTime; expected to start at 20" in launcher.output())
    finally:
        launcher.process.send_signal(signal.SIGINT)
    assert launcher.wait() != 0
    wait_for(lambda: is_gone(zenml))


def test_a_step_whose_dependency_fails_has_failed(zenml: Zenml, marks: Path) -> None:
    submit = ("sbatch", "--parsable", "--output=/dev/null")
    failing = ask(*submit, "--wrap=exit 1").strip()
    launcher = launch(zenml, "pipelines.marking", marks, dependency=f"afterok:{failing}")

    assert launcher.wait() != 0
    assert "a job that it waits for did not end as it should" in launcher.output()


def test_a_part_of_a_gpu_arrives_as_shards(zenml: Zenml, marks: Path) -> None:
    options = {"step_operator": {"gpu_memory": 5, "shard_memory": 4}}
    launcher = zenml.start_waiting("pipelines", marks, **options)
    [step] = zenml.last_steps()
    job = ask("squeue", "--noheader", f"--name=zenml-{step.id}", "--format=%i").strip()
    shown = ask("scontrol", "show", "job", job)
    end_of(launcher, marks)

    assert re.search(r"TresPerNode=(gres:)?shard:2\b", shown)
