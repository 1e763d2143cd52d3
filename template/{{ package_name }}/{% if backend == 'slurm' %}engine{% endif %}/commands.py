"""Slurm's clients, as they answer."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .states import is_final

SECONDS = 60
"""How long a client may take to answer; most give up after Slurm's MessageTimeout."""

PASSING = re.compile(
    "timed out|unable to contact|temporarily|standby mode", re.IGNORECASE
)
"""What the clients say when it is worth while to ask again."""


class SlurmError(RuntimeError):
    """A client of Slurm's has failed."""

    @property
    def may_pass(self) -> bool:
        """Whether the same question may have an answer later."""
        return bool(PASSING.search(str(self)))


@dataclass(frozen=True)
class Listed:
    """A job, as Slurm lists it."""

    state: str
    number: str
    node: str
    reason: str


def submit(options: Iterable[str], script: str) -> str:
    """Submit a job and return its number."""
    # `--parsable` prints NUMBER, or NUMBER;CLUSTER.
    printed = _run("sbatch", "--parsable", "--export=ALL", *options, text=script)
    return printed.strip().partition(";")[0]


def jobs(names: Sequence[str]) -> dict[str, Listed]:
    """Return those of the jobs that Slurm still knows.

    squeue gets all jobs of the user in any case, and so many names may be more than a
    command line can hold.
    """
    form = "--format=%T|%i|%N|%r|%j"
    printed = _run("squeue", _MINE, "--noheader", "--states=all", form)
    return _read(printed, names)


def accounted(names: Sequence[str]) -> dict[str, Listed]:
    """Return what Slurm's accounting says of jobs; nothing where there is none."""
    try:
        printed = _run(
            "sacct",
            "--allocations",
            "--noheader",
            "--parsable2",
            "--starttime=now-30days",
            f"--name={','.join(names)}",
            "--format=State,JobID,NodeList,Reason,JobName",
        )
    except SlurmError:
        return {}
    # What it takes for running is a job whose end it has missed.
    told = _read(printed, names)
    return {name: job for name, job in told.items() if is_final(job.state)}


def cancel(name: str) -> None:
    """Cancel what bears a name, if it has not ended."""
    _run("scancel", _MINE, f"--name={name}")


_MINE = f"--user={os.getuid()}"


def _read(printed: str, names: Sequence[str]) -> dict[str, Listed]:
    wanted, found = set(names), {}
    for line in printed.splitlines():
        # The name comes last, since other jobs of the user may bear any.
        state, number, node, reason, name = (line.split("|", 4) + [""] * 4)[:5]
        if name in wanted:
            # Accounting says CANCELLED by whom.
            found[name] = Listed(state.partition(" ")[0], number, node, reason)
    return found


def _run(*command: str, text: str = "") -> str:
    try:
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            check=True,
            encoding="utf-8",
            errors="replace",
            env=_environment(),
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
        raise SlurmError(f"{command[0]} failed: {said}") from None
    return done.stdout


def _environment() -> dict[str, str]:
    """Return the launcher's environment, which a job gets, without what is not its own.

    ZenML's is for the launcher alone. A launcher that runs in a job itself knows sizes
    that would be taken for those of the new job; what configures the clients stays.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ZENML_", "SLURM_")) or name == "SLURM_CONF"
    }
