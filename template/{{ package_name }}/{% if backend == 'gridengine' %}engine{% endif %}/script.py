"""What qsub is given: a script, and how it is to be run."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterator

from .._core.engine import Host, Job
from .._core.environment.job_folder import JobFolder
from .commands import GridEngineError

# The command `module` may be missing in shells that are no login shells.
MODULES = """\
[ "$(type -t module)" ] || . /etc/profile
module load {} || exit
"""

WARNING = "SIGUSR2"
"""What -notify has Grid Engine send, the queue's `notify` before it kills."""


def script(job: Job, folder: JobFolder) -> str:
    """Return the script of a job that lives in a folder."""
    assert isinstance(job.runtime, Host)
    names = shlex.join(job.options.modules)
    modules = MODULES.format(names) if names else ""
    arguments = folder.prepare(job, number="JOB_ID", warning=WARNING)
    run = shlex.join(map(str, (job.runtime.python, *arguments)))
    # Not by -o, which finds variables, hosts and lists in the names of folders.
    log = f"exec >>{shlex.quote(str(folder.log))} 2>&1 </dev/null\n"
    return f"#!/bin/bash\n{log}{modules}exec {run}\n"


def arguments(job: Job) -> Iterator[str]:
    """Say how a job is to be run, in options of qsub.

    The launcher's environment is not handed on: -V would show it to everybody.

    Raises:
        GridEngineError: If it asks for cpus that no parallel environment gives.
    """
    options, wanted = job.options, job.resources
    yield from ("-N", job.name, "-S", "/bin/bash", "-wd", "/", "-notify")
    yield from ("-o", "/dev/null", "-j", "y")
    # A second run of a job would meet what the first one has told ZenML. Retrying is
    # ZenML's task, and makes another job.
    yield from ("-r", "n")
    yield from ("-ac", ",".join(f"{k}={_plain(v)}" for k, v in job.labels.items()))
    slots = math.ceil(wanted.cpus or 1)
    if options.parallel_environment:
        yield from ("-pe", options.parallel_environment, str(slots))
    elif slots > 1:
        raise GridEngineError(
            f"A step asks for {slots} cpus: name a parallel environment that gives "
            "them on one host, as `parallel_environment`; `qconf -spl` lists them."
        )
    resources = [*options.resource_list]
    if wanted.memory:
        share = math.ceil(wanted.memory / slots)
        resources.append(f"{options.memory_resource}={share}M")
    if wanted.gpus:
        resources.append(f"{options.gpu_resource}={wanted.gpus}")
    if options.time_limit:
        resources.append(f"h_rt={options.time_limit}")
    for resource in resources:
        yield from ("-l", resource)
    chosen = {"-q": options.queue, "-P": options.project}
    for name, value in chosen.items():
        if value:
            yield from (name, value)
    for option in options.qsub_args:
        yield from option.split(" ", 1)


def _plain(label: str) -> str:
    """Leave what would begin another variable of the job's context."""
    return re.sub(r"[^\w .:+-]", "_", label)
