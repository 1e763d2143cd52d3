"""What sbatch is given: a script, and how it is to be run."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from .._core.engine import Job

# How the command ended is noted by renaming, since a reader must see all of it or
# nothing. Slurm forgets a job some minutes after its end (MinJobAge), this file stays.
PREPARE = """\
end() {
    rm -f environment
    echo "$1" > exit_code.draft && mv exit_code.draft exit_code
    exit "$1"
}
[ ! -e cancelled ] || end 143
rm -rf run exit_code && mkdir run || end 1
"""

# Brings the command `module`, which shells that are no login shells may lack.
PROFILE = """\
[ "$(type -t module)" ] || . /etc/profile
"""

# Entry by entry, since it can hold any character; by builtins, which no listing shows.
ENVIRONMENT = """\
while IFS= read -r -d '' variable; do export "$variable"; done < environment
"""

# When a job is cancelled or its time is over, Slurm sends TERM to the script alone,
# which hands it on, and stays until the command has ended.
WAIT = """\
child=$!
trap 'kill -TERM "$child"' TERM
wait "$child"
while code=$?; kill -0 "$child" 2>/dev/null; do wait "$child"; done
end "$code"
"""


def script(job: Job, home: Path) -> str:
    """Return the script of a job that lives in a folder."""
    modules = shlex.join(job.options.modules)
    return "".join(
        (
            "#!/bin/bash\n",
            f"cd {shlex.quote(str(home))} || exit\n",
            PREPARE,
            PROFILE if modules else "",
            ENVIRONMENT,
            f"module load {modules} || end 1\n" if modules else "",
            f"(cd run && exec {shlex.join(job.command)}) &\n",
            WAIT,
        )
    )


def entries(environment: Mapping[str, str]) -> str:
    """Return environment variables as the script reads them."""
    return "".join(f"{name}={value}\0" for name, value in environment.items())


def arguments(job: Job, home: Path) -> Iterator[str]:
    """Say how a job is to be run, in options of sbatch."""
    options, resources = job.options, job.resources
    yield f"--job-name={job.name}"
    yield f"--comment={' '.join(f'{k}={v}' for k, v in job.labels.items())}"
    yield f"--chdir={home}"
    # sbatch replaces what follows a % in this one, also in the names of folders.
    yield f"--output={str(home).replace('%', '%%')}/output.log"
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
    yield from options.sbatch_args
