"""What Docker is asked for: a container that runs one job."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from .._core.engine import Image, Job

LABEL = "zenml.step"
"""What the containers of step operators bear."""

TIME_LABEL = "zenml.timeout_seconds"

SUBMISSION_LABEL = "zenml.submission"
"""Tells who made a container, to whom the answer got lost."""


def container(
    job: Job, image: Image, submission: str, security: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what the SDK's `containers.create` is given.

    Args:
        job: What is to be run.
        image: What to run it in.
        submission: Names the submission.
        security: What Docker's `info` calls its security options.
    """
    options = job.options
    environment = dict(job.environment)
    volumes, user = list(options.volumes), options.user
    stores = environment.get("ZENML_LOCAL_STORES_PATH")
    # ZenML's files on this machine, if the step needs them: under the same path and as
    # the same user, as ZenML's own local Docker orchestrator has it.
    if stores:
        if stores not in [volume.split(":")[1] for volume in volumes]:
            volumes.append(f"{stores}:{stores}")
        # Who starts the pipeline is root inside where Docker is rootless.
        if not user and "name=rootless" not in security:
            user = f"{os.getuid()}:{os.getgid()}"
            # Somebody whom the image does not know has / for a home.
            environment.setdefault("HOME", "/tmp")
    request = {
        "image": image.reference,
        # The image's own entrypoint would take the command for its arguments.
        "entrypoint": job.command[:1],
        "command": job.command[1:],
        "environment": environment,
        "labels": _labels(job, submission),
        "volumes": volumes,
        "user": user,
        **_network(options.network),
        "shm_size": options.shm_size,
        # A step that is process 1 itself ignores TERM and buries nobody.
        "init": True,
        "restart_policy": {"Name": "no"},
        **_limits(job),
    }
    # Where Docker gives containers users of their own, the one above is none of this
    # machine's, and the machine's network is refused.
    if "name=userns" in security and (stores or options.network == "host"):
        request["userns_mode"] = "host"
    return {name: value for name, value in request.items() if value}


def _network(network: str | None) -> dict[str, Any]:
    # With the network comes that container's own list of hosts.
    if network and network.startswith("container:"):
        return {"network_mode": network}
    return {
        "network_mode": network,
        # Where ZenML looks for a server of the launcher's machine.
        "extra_hosts": {"host.docker.internal": "host-gateway"},
    }


def _labels(job: Job, submission: str) -> dict[str, str]:
    labels = {f"zenml.{name}": value for name, value in job.labels.items()}
    if job.timeout_seconds:
        labels[TIME_LABEL] = str(job.timeout_seconds)
    return labels | {SUBMISSION_LABEL: submission}


def _limits(job: Job) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if job.resources.cpus:
        limits["nano_cpus"] = round(job.resources.cpus * 1_000_000_000)
    if job.resources.memory:
        limits["mem_limit"] = job.resources.memory << 20
        # Docker would add as much again of swap.
        limits["memswap_limit"] = limits["mem_limit"]
    if job.options.gpu_ids:
        limits["device_requests"] = [_gpus(device_ids=job.options.gpu_ids)]
    elif job.resources.gpus:
        limits["device_requests"] = [_gpus(count=job.resources.gpus)]
    return limits


def _gpus(**which: Any) -> dict[str, Any]:
    return {"capabilities": [["gpu"]], **which}
