"""What sbatch is given: a script, and how it is to be run."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from pathlib import Path

from .._core.engine import Host, Job
from .._core.environment.containers import (
    OF_THE_NODE,
    Container,
    Start,
    apptainer,
    both,
    charliecloud,
    podman,
    within,
)
from .._core.environment.job_folder import ENTRYPOINT, JobFolder
from .._core.environment.scripts import nodes, sourced, task

# The command `module` may be missing in shells that are no login shells.
MODULES = """\
[ "$(type -t module)" ] || . /etc/profile
module load {} || exit
"""

# From Slurm 22.05 on, srun does not take cpus from sbatch.
NODES = f"""\
{nodes("scontrol show hostnames", "SLURM_JOB_ID")}\
[ -z "$SLURM_CPUS_PER_TASK" ] || export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
"""

RANKS = ("SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NODEID")


def script(job: Job, folder: JobFolder) -> str:
    """Return the script of a job that lives in a folder."""
    assert isinstance(job.runtime, Host)
    names = shlex.join(job.options.modules)
    modules = MODULES.format(names) if names else ""
    options = job.options
    has_tasks = options.nodes or options.tasks_per_node
    has_tasks = has_tasks and job.command[:3] != ENTRYPOINT
    starts_them = Path(job.command[0]).name in ("srun", "mpirun", "mpiexec")
    tasks = ("srun", "--kill-on-bad-exit=1", *task(job.runtime.python, *RANKS))
    tasks = tasks if has_tasks and not starts_them else ()
    container = within(job, folder, CONTAINERS[options.container_runtime])
    told = folder.prepare(job, "SLURM_JOB_ID", within=(*tasks, *container))
    run = (job.runtime.python, *told)
    # The token is for Slurm's clients alone.
    start = "#!/bin/bash\nunset SLURM_JWT\n" + modules + sourced(options.prologue)
    start += NODES if has_tasks else ""
    return f"{start}exec {shlex.join(map(str, run))}\n"


def _pyxis(container: Container) -> Iterator[str]:
    """Call srun(1) with the options of Pyxis (args.c of 2025); gpus are Enroot's."""
    yield from ("srun", "--ntasks=1", "--export=ALL", f"--job-name={container.name}")
    if container.cpus:
        # What sbatch was told, srun does not take over (Slurm 22.05).
        yield f"--cpus-per-task={container.cpus}"
    yield from (f"--container-image={container.image}", "--container-writable")
    yield f"--container-workdir={container.folder}"
    yield f"--container-mounts={','.join(map(both, container.binds))}"
    # Of these, the image's own would win.
    own = ("ZENML_CONFIG_PATH", "ZENML_CUSTOM_SOURCE_ROOT", "ZENML_REPOSITORY_PATH")
    names = (*own, *OF_THE_NODE, *container.variables)
    yield f"--container-env={','.join(dict.fromkeys(names))}"
    yield from container.arguments


CONTAINERS: dict[str, Start] = {
    "apptainer": apptainer,
    "charliecloud": charliecloud,
    "podman": podman,
    "pyxis": _pyxis,
}
"""How `container_runtime` starts a command in an image."""


def arguments(job: Job, folder: JobFolder) -> Iterator[str]:
    """Say how a job is to be run, in options of sbatch."""
    options, resources = job.options, job.resources
    yield f"--job-name={job.name}"
    yield f"--comment={' '.join(f'{k}={v}' for k, v in job.labels.items())}"
    yield f"--chdir={folder.path}"
    # sbatch replaces what follows a % in this one, also in the names of folders.
    yield f"--output={str(folder.log).replace('%', '%%')}"
    # A job that was sent twice is the other one's log, too.
    yield "--open-mode=append"
    yield "--input=/dev/null"
    # A second run of a job would meet what the first one has told ZenML. Retrying is
    # ZenML's task, and makes another job.
    yield "--no-requeue"
    nodes, tasks = options.nodes or 1, options.tasks_per_node or 1
    yield from (f"--nodes={nodes}", f"--ntasks={nodes * tasks}")
    if tasks > 1:
        yield f"--ntasks-per-node={tasks}"
    if resources.cpus:
        yield f"--cpus-per-task={math.ceil(resources.cpus)}"
    if resources.memory:
        yield f"--mem={resources.memory}M"
    gres = [*options.gres]
    if shards := math.ceil((options.gpu_memory or 0) / (options.shard_memory or 1)):
        gres.append(f"shard:{shards}")
    elif resources.gpus:
        kind = f"{options.gpu_type}:" if options.gpu_type else ""
        gres.append(f"gpu:{kind}{resources.gpus}")
    if gres:
        yield f"--gres={','.join(gres)}"
    chosen = {
        "partition": options.partition,
        "account": options.account,
        "qos": options.qos,
        "time": options.time_limit,
        "constraint": options.constraint,
        "reservation": options.reservation,
        "nice": options.nice,
        "begin": options.begin,
        "dependency": options.dependency,
        # Or it would wait for ever.
        "kill-on-invalid-dep": options.dependency and "yes",
    }
    yield from (f"--{name}={value}" for name, value in chosen.items() if value)
    yield from map(_heeded, options.sbatch_args)


def _heeded(option: str) -> str:
    """Let a signal that is asked for reach the script, and so the step's command.

    Without a `B:`, it is for job steps of srun alone.
    """
    name, _, value = option.partition("=")
    flags, _, sign = value.rpartition(":")
    if "--signal".startswith(name) and "B" not in flags.upper():
        return f"{name}={flags}B:{sign}"
    return option
