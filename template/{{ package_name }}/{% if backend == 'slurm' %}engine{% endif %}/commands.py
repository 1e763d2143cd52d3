"""Slurm's clients, as they answer."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby

from .._core.environment.job_folder import ClientError
from .._core.usage import Usage, mebibytes, seconds
from .states import Listed

SECONDS = 60
"""How long a client may take to answer; most give up after Slurm's MessageTimeout."""

BEHIND_SECONDS = 0.3
"""How long accounting may be behind, which then is asked again: measured were 0.1."""

FINAL = re.compile(
    r"""on\ PATH|--help|invalid\ --|unable\ to\ process\ configuration
    |invalid\ (account|feature|generic|gres|license|node|partition|qos|time|wckey)
    |(specification|time\ limit|reservation|request)\ (is\ )?invalid
    |denied|not\ permitted|not\ in\ this\ partition|than\ permitted|no\ partition
    |(configuration|by\ task)\ is\ not\ available|dependency\ problem
    |violates\ accounting""",
    re.IGNORECASE | re.VERBOSE,
)
"""What sbatch says when it is no use to ask again (Slurm 22.05 to 25.11).
All else may pass, or hides that Slurm has taken the job."""

OF_A_JOB = re.compile(
    r"SLURMD?_(JOB|STEP|ARRAY_|HET_|TASK|NODE|NNODES|NTASKS|NPROCS|PROCID|LOCALID|GTIDS"
    r"|CPU|MEM_|GPU|SHARDS_|TRES_|THREADS_|DIST|TOPOLOGY_|SUBMIT_|EXPORT_ENV|RESTART_"
    r"|OVERCOMMIT|CLUSTER_NAME|PRIO_PROCESS|CONTAINER|OOMKILLSTEP)"
)
"""What describes a job, such as one that the launcher runs in: sbatch's manual, section
OUTPUT ENVIRONMENT VARIABLES."""

MISLEADING = re.compile(
    "ZENML_|SQUEUE_|SCANCEL_|SACCT_|SBATCH_(ARRAY_INX|CLUSTERS|ERROR|WAIT$)"
)
"""What is the launcher's alone, or changes what the clients ask and answer."""


class SlurmError(ClientError):
    """A client of Slurm's has failed."""

    @property
    def is_final(self) -> bool:
        """Whether the same job will never be taken."""
        return bool(FINAL.search(str(self)))


def submit(options: Iterable[str], script: str) -> dict[str, str]:
    """Submit a job, and return what it is found by."""
    if os.environ.get("SBATCH_ARRAY_INX"):
        raise ValueError("A step is one job, no array: unset SBATCH_ARRAY_INX.")
    printed = _run("sbatch", "--parsable", "--export=ALL", *options, text=script)
    # Beside it there may be what the site's plugins print.
    told = re.search(r"^(\d+)(?:;(.+))?$", printed, re.MULTILINE)
    if not told:
        raise SlurmError(f"sbatch printed no number: {printed.strip()!r}")
    return Listed("", told[1], cluster=told[2] or "").details


def jobs(names: Iterable[str]) -> dict[str, list[Listed]]:
    """Return by name what Slurm still knows of jobs.

    squeue gets all jobs of the user in any case, and so many names may be more than a
    command line can hold.
    """
    mine = f"--user={os.getuid()}"
    form = "--Format=State:|,JobID:|,NodeList:|,Reason:|,exit_code:|,StartTime:|,Name:|"
    # --all is for partitions that are hidden.
    return _read(_run("squeue", mine, "--all", "--states=all", form), names)


def accounted(names: Sequence[str]) -> dict[str, list[Listed]] | None:
    """Return what accounting says of ends of jobs; None where there is none."""
    for pause in (BEHIND_SECONDS, 0.0):
        try:
            printed = _run(
                *("sacct", "--allclusters", "--noheader", "--parsable2"),
                *("--starttime=now-30days", f"--name={','.join(names)}"),
                "--format=State,JobID,NodeList,Reason,ExitCode,ElapsedRaw,TotalCPU,"
                "AllocCPUS,AllocTRES,TRESUsageInTot,JobName",
            )
        except SlurmError as error:
            return None if re.search("disabled|on PATH", str(error)) else {}
        # What it takes for running may also be a job whose end it has missed.
        ended = {
            name: [each for each in several if each.has_ended]
            for name, several in _read(printed, names, _used(printed)).items()
        }
        if all(ended.get(name) for name in names):
            break
        time.sleep(pause)
    return ended


def cancel(jobs: Iterable[Listed]) -> None:
    """Tell Slurm to end those that have not ended, all at once."""
    # To one that is COMPLETING, told again, it would give its whole KillWait again.
    left = [job for job in jobs if not (job.has_ended or job.state == "COMPLETING")]
    for cluster, those in groupby(left, key=lambda job: job.cluster):
        where = (f"--clusters={cluster}",) if cluster else ()
        try:
            _run("scancel", *where, *(job.number for job in those))
        except SlurmError as error:
            # It has ended meanwhile.
            if not re.search("invalid job id|already complet", str(error), re.I):
                raise


def _read(
    printed: str, names: Iterable[str], used: Mapping[str, dict[str, str]] | None = None
) -> dict[str, list[Listed]]:
    found: dict[str, list[Listed]] = {}
    wanted, cluster, fields = set(names), "", 6 if used is None else 10
    for line in printed.splitlines():
        if line.startswith("CLUSTER: "):
            # Those of several clusters, if SLURM_CLUSTERS is set.
            cluster = line.partition(" ")[2]
        # The name comes last, since other jobs of the user may bear any.
        told = line.removesuffix("|").split("|", fields)
        # Steps have a point in their numbers.
        if len(told) > fields and told[fields] in wanted and "." not in told[1]:
            state, number, node, reason, code, start, *_, name = told
            # Accounting says CANCELLED by whom.
            state = state.partition(" ")[0]
            job = Listed(state, number, node, reason, _exit_code(code), cluster, start)
            job = replace(job, used=(used or {}).get(number, {}))
            found.setdefault(name, []).append(job)
    return found


def _used(printed: str) -> dict[str, dict[str, str]]:
    """Return by their numbers what jobs have used, each told before its steps."""
    used: dict[str, Usage] = {}
    for line in printed.splitlines():
        # What is told of some is beyond reading, such as INVALID for a time.
        with suppress(KeyError, ValueError):
            _, number, *_, elapsed, cpu, cpus, given, taken, _ = line.split("|", 10)
            number, _, step = number.partition(".")
            if step:
                peak = max(mebibytes(taken, "mem"), used[number].peak)
                used[number] = replace(used[number], peak=peak)
            else:
                had = (int(cpus), mebibytes(given, "mem"))
                used[number] = Usage(float(elapsed), seconds(cpu), *had)
    return {number: usage.details for number, usage in used.items()}


def _exit_code(told: str) -> int:
    """Read CODE:SIGNAL, or the status of wait(2) that Slurm 22.05 prints."""
    code, _, sign = told.partition(":")
    status = int(code) << 8 | int(sign) if sign else int(code)
    return 128 + status % 128 if status % 128 else status >> 8


def _run(*command: str, text: str = "") -> str:
    try:
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            check=True,
            encoding="utf-8",
            errors="replace",
            # A job keeps the user's own.
            env=_environment() | ({} if text else {"SLURM_TIME_FORMAT": "%s"}),
            # Ctrl-C in the launcher's terminal is not meant for it.
            start_new_session=True,
            timeout=SECONDS,
        )
    except FileNotFoundError:
        raise SlurmError(
            f"There is no {command[0]} on PATH: install Slurm's clients (Debian's "
            "package slurm-client), or start pipelines on a login node."
        ) from None
    except subprocess.TimeoutExpired:
        raise SlurmError(f"{command[0]} timed out after {SECONDS} s.") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip() or f"exit code {error.returncode}"
        if "configuration source" in said:
            # In its own words it cannot resolve a name, which nobody has heard of.
            said = (
                "it finds no configuration of a cluster: set SLURM_CONF, or start "
                "pipelines on a login node."
            )
        raise SlurmError(f"{command[0]} failed: {said}") from None
    return done.stdout


def _environment() -> dict[str, str]:
    """Return the launcher's environment, which a job gets, without what misleads."""
    left = {
        name: value
        for name, value in os.environ.items()
        if not (OF_A_JOB.match(name) or MISLEADING.match(name))
    }
    if chosen := os.environ.get("SBATCH_CLUSTERS"):
        # Who submits there, is to look there.
        left.setdefault("SLURM_CLUSTERS", chosen)
    return left
