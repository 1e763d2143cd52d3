"""What sbatch is given: a script, and how it is to be run."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator

from .._core.engine import Host, Job
from .._core.environment.job_folder import JobFolder
from .containers import within

# The command `module` may be missing in shells that are no login shells.
MODULES = """\
[ "$(type -t module)" ] || . /etc/profile
module load {} || exit
"""


def script(job: Job, folder: JobFolder) -> str:
    """Return the script of a job that lives in a folder."""
    assert isinstance(job.runtime, Host)
    names = shlex.join(job.options.modules)
    modules = MODULES.format(names) if names else ""
    told = folder.prepare(job, number="SLURM_JOB_ID", within=within(job, folder))
    run = (job.runtime.python, *told)
    # The token is for Slurm's clients alone.
    start = "#!/bin/bash\nunset SLURM_JWT\n"
    return f"{start}{modules}exec {shlex.join(map(str, run))}\n"


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
    yield from ("--nodes=1", "--ntasks=1")
    if resources.cpus:
        yield f"--cpus-per-task={math.ceil(resources.cpus)}"
    if resources.memory:
        yield f"--mem={resources.memory}M"
    gres = [*options.gres]
    if resources.gpus:
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
