"""Runs a step's command in a container, by what the cluster has for it.

Each of these programs is started on the node with the step's environment, and hands it
on: no value of a variable is on a command line. The job's folder and the interpreter
are bound at the paths that they have on the node.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .._core.engine import Host, Job
from .._core.environment.job_folder import JobFolder

OF_THE_NODE = ("CUDA_VISIBLE_DEVICES", "PYTHONUNBUFFERED", "STEP_IMPORT_PATHS")
"""Variables that are set where the job runs, beside ZENML_* and SLURM_*."""

OF_EVERY_IMAGE = {Path("/"), Path("/usr"), Path("/usr/local")}
"""What no bind may hide: an interpreter from there has to be in the image."""


@dataclass(frozen=True)
class Container:
    """What a command is run in.

    Attributes:
        name: The job's, so that two of them would collide.
        image: As the program names it.
        folder: Where the command starts.
        binds: Each as PATH or PATH:PATH_INSIDE.
        variables: Names of the step's own.
        cpus: How many the step asks for; 0 if it does not say.
        gpus: Whether it asks for some.
        arguments: What the step adds.
    """

    name: str
    image: str
    folder: Path
    binds: tuple[str, ...]
    variables: tuple[str, ...]
    cpus: int
    gpus: bool
    arguments: tuple[str, ...]


def within(job: Job, folder: JobFolder) -> tuple[str, ...]:
    """Return the program that starts a job's command; nothing if the node itself does.

    Args:
        job: What is to be run.
        folder: The job's folder.
    """
    options = job.options
    start = RUNTIMES[options.container_runtime]
    container = Container(
        job.name,
        options.container_image or "",
        folder.start_of(job.command),
        tuple(dict.fromkeys((*_needed(job, folder), *options.container_binds))),
        tuple(job.environment),
        math.ceil(job.resources.cpus or 0),
        bool(job.resources.gpus),
        tuple(options.container_args),
    )
    return tuple(start(container)) if container.image else ()


def _needed(job: Job, folder: JobFolder) -> Iterator[str]:
    """Name what the command needs of the node's files."""
    assert isinstance(job.runtime, Host)
    # The work folder: jobs, and environments that were built.
    yield str(folder.path.parents[1])
    if stores := job.environment.get("ZENML_LOCAL_STORES_PATH"):
        yield stores
    for prefix in _prefixes(job.runtime.python):
        if not OF_EVERY_IMAGE & {prefix, prefix.resolve()}:
            # A virtual environment names its base by a link, or by where that leads.
            yield from (str(prefix), str(prefix.resolve()))


def _prefixes(python: Path) -> Iterator[Path]:
    """Name the folders that an interpreter is installed in."""
    prefix = python.parent.parent
    yield prefix
    settings = prefix / "pyvenv.cfg"
    if not settings.exists():
        yield python.resolve().parent.parent
        return
    for line in settings.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "home":
            yield Path(value.strip()).parent


def _podman(container: Container) -> Iterator[str]:
    """Call podman-run(1), of 4.3."""
    yield from ("podman", "run", "--rm", f"--name={container.name}")
    # As the first process of its own, a command would not heed signals.
    yield "--init"
    # Or it would leave the job's cgroup, and with it the limits of the job.
    yield "--cgroups=disabled"
    yield from ("--network=host", "--ipc=host", "--security-opt=label=disable")
    # The job has its log.
    yield "--log-driver=none"
    if os.geteuid():
        yield "--userns=keep-id"
    yield "--entrypoint="
    yield f"--workdir={container.folder}"
    yield from (f"--volume={_both(bind)}" for bind in container.binds)
    # Without a value, it is that of podman's own environment.
    names = ("ZENML_*", "SLURM_*", *OF_THE_NODE, *container.variables)
    yield from (f"--env={name}" for name in names)
    if container.gpus:
        yield "--device=nvidia.com/gpu=all"
    yield from (*container.arguments, container.image)


def _apptainer(container: Container) -> Iterator[str]:
    """Call `apptainer exec`, of 1.4: it hands its environment on by itself."""
    yield from ("apptainer", "exec", "--writable-tmpfs", f"--pwd={container.folder}")
    yield from (f"--bind={bind}" for bind in container.binds)
    if container.gpus:
        yield "--nv"
    yield from (*container.arguments, container.image)


def _charliecloud(container: Container) -> Iterator[str]:
    """Call ch-run(1), of 0.31: it hands its environment on, and has all devices."""
    yield from ("ch-run", f"--cd={container.folder}")
    yield from (f"--bind={bind}" for bind in container.binds)
    yield from (*container.arguments, container.image, "--")


def _pyxis(container: Container) -> Iterator[str]:
    """Call srun(1) with the options in args.c of Pyxis (2025); gpus are Enroot's own hooks'."""
    yield from ("srun", "--ntasks=1", "--export=ALL", f"--job-name={container.name}")
    if container.cpus:
        # What sbatch was told, srun does not take over (Slurm 22.05).
        yield f"--cpus-per-task={container.cpus}"
    yield from (f"--container-image={container.image}", "--container-writable")
    yield f"--container-workdir={container.folder}"
    yield f"--container-mounts={','.join(map(_both, container.binds))}"
    # Of these, the image's own would win.
    own = ("ZENML_CONFIG_PATH", "ZENML_CUSTOM_SOURCE_ROOT", "ZENML_REPOSITORY_PATH")
    names = (*own, *OF_THE_NODE, *container.variables)
    yield f"--container-env={','.join(dict.fromkeys(names))}"
    yield from container.arguments


def _both(bind: str) -> str:
    return bind if ":" in bind else f"{bind}:{bind}"


RUNTIMES: Mapping[str, Callable[[Container], Iterator[str]]] = {
    "apptainer": _apptainer,
    "charliecloud": _charliecloud,
    "podman": _podman,
    "pyxis": _pyxis,
}
"""How each of them is called."""
