"""What a step can ask Slurm for, and what it cannot have."""

import re
from typing import Any

import pytest
from pydantic import ValidationError
from test_engine import Clients, job
from zenml_acme._core.resources import Resources
from zenml_acme.engine.client import SlurmEngine
from zenml_acme.engine.options import StepOptions

HOSTILE = (
    *("x; rm -rf ~", "$(id)", "`id`", "a --wrap=id", "a\n#SBATCH --array=1-9", "-x", "--x=y"),
    *(":", "", " ", "'", '"', "\\", "~", "../x", "/x\n", "%j", "afterok:1;id", "singleton"),
)
TEXTS = (
    *("partition", "account", "qos", "constraint", "reservation", "begin", "dependency"),
    *("time_limit", "prologue"),
)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_refused_or_the_value_of_one_option(
    slurm: Clients, engine: SlurmEngine, name: str, value: str
) -> None:
    try:
        submitted = job(resources=Resources(gpus=1), **{name: value})
    except ValidationError:
        return
    engine.submit(submitted)
    [asked] = slurm.asked("sbatch")

    engine.submit(job(resources=Resources(gpus=1)))
    usual = slurm.asked("sbatch")[1]
    told = "\n".join(asked).removeprefix("\n".join(usual))
    assert name == "prologue" or re.fullmatch(rf"\n--[a-z]+={re.escape(value)}", told), told


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"reservation": "maint,test"}, ["--reservation=maint,test"]),
        ({"nice": 100}, ["--nice=100"]),
        ({"begin": "now+1hour"}, ["--begin=now+1hour"]),
        ({"begin": "2030-01-20T12:34:00"}, ["--begin=2030-01-20T12:34:00"]),
        (
            {"dependency": "afterok:20:21,afterany:23"},
            ["--dependency=afterok:20:21,afterany:23", "--kill-on-invalid-dep=yes"],
        ),
        ({"dependency": "after:7+5"}, ["--dependency=after:7+5", "--kill-on-invalid-dep=yes"]),
        ({"gpu_memory": 10, "shard_memory": 4}, ["--gres=shard:3"]),
    ],
)
def test_an_option_is_sbatchs_own(
    slurm: Clients, engine: SlurmEngine, option: dict[str, Any], told: list[str]
) -> None:
    engine.submit(job(**option))

    assert slurm.asked("sbatch")[0][-len(told) :] == told


@pytest.mark.parametrize(
    "options",
    [
        {"nice": -1},
        {"dependency": "20"},
        {"dependency": "singleton"},
        {"prologue": "setup.sh"},
        {"prologue": "$HOME/setup.sh"},
        {"nodes": 0},
        {"tasks_per_node": 0},
        {"gpu_memory": 0},
        {"sbatch_args": ["--nodes=2"]},
        {"sbatch_args": ["--ntasks-per-node=2"]},
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StepOptions(**options)


@pytest.mark.parametrize("value", ["--array=1-3", "--arr=1", "--het-group=0", ":"])
def test_arrays_and_heterogeneous_jobs_are_refused_with_a_word(value: str) -> None:
    with pytest.raises(ValidationError, match="a step is one job, no array or hetjob"):
        StepOptions(sbatch_args=[value])


@pytest.mark.parametrize(
    ("options", "gpus", "why"),
    [
        ({"nodes": 2}, None, "publish the same outputs"),
        ({"tasks_per_node": 2}, None, "publish the same outputs"),
        ({"nodes": 1, "tasks_per_node": 1}, None, ""),
        ({"gpu_memory": 10}, 1, "needs shard_memory"),
        ({"gpu_memory": 10, "shard_memory": 2}, 2, "part of one gpu"),
        ({"gpu_memory": 10, "shard_memory": 2, "gpu_type": "a100"}, 1, "whatever type"),
        ({"gpu_memory": 10, "shard_memory": 2}, 1, ""),
        ({"gpu_memory": 10, "shard_memory": 2}, None, ""),
    ],
)
def test_what_a_step_cannot_have_together_is_told(
    options: dict[str, Any], gpus: int | None, why: str
) -> None:
    told = StepOptions(**options).refusal(Resources(gpus=gpus), is_command=False)

    assert (why in told) if why else not told


def test_a_command_may_have_several_tasks() -> None:
    assert not StepOptions(nodes=2, tasks_per_node=3).refusal(Resources(), is_command=True)
