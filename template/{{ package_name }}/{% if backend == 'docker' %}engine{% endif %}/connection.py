"""Where Docker is, and what its SDK's exceptions mean."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

ANSWER_SECONDS = 60
"""How long Docker may take to answer."""

LOST = (502, 503, 504)
"""What a proxy says that has got no answer from Docker itself."""


class DockerError(RuntimeError):
    """Docker is not there, or refuses what it is asked for."""


class UnansweredError(DockerError):
    """Docker did not answer: whether it does what it was asked for is not known."""


def connect_to(host: str | None) -> Any:
    """Return the SDK's client, for the component's address or that of DOCKER_HOST."""
    import docker

    address = {"base_url": host} if host else {}
    settings = docker.utils.kwargs_from_env() | address
    return docker.DockerClient(version="auto", timeout=ANSWER_SECONDS, **settings)


def needs_of(host: str | None) -> frozenset[str]:
    """Tell what a stack must have, by the component's address or DOCKER_HOST."""
    named = os.environ.get("DOCKER_HOST")
    address = host or named or ""
    if not is_elsewhere(address):
        return frozenset()
    # ZenML's local image builder builds on the Docker that DOCKER_HOST names.
    if address == named:
        return frozenset({"remote store"})
    return frozenset({"remote store", "registry"})


def is_elsewhere(address: str) -> bool:
    """Tell whether an address names another machine than this one."""
    url = urlsplit(address)
    if url.scheme not in ("tcp", "ssh", "http", "https") or not url.hostname:
        return False
    try:
        return not ip_address(url.hostname).is_loopback
    except ValueError:
        return url.hostname != "localhost"


def is_taken(error: Any) -> bool:
    """Tell whether a container was refused since there is one of its name."""
    # Podman's own check says 409 as well; of two at the same moment, its storage
    # refuses one with the 500 that stands for all else.
    return error.status_code == 409 or "is already in use" in str(error.explanation)


@contextmanager
def in_words(host: str | None) -> Iterator[None]:
    """Turn the SDK's exceptions into ones that tell what to do.

    Raises:
        UnansweredError: If asking again may help.
        DockerError: If not.
    """
    from docker.errors import APIError, DockerException
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except APIError as error:
        said = error.explanation or error
        kind = UnansweredError if error.status_code in LOST else DockerError
        raise kind(f"Docker refuses: {said}") from error
    except (DockerException, RequestException, HTTPError) as error:
        address = host or os.environ.get("DOCKER_HOST") or "its own socket"
        origin = _origin(error)
        raise _kind_of(origin)(
            f"Docker does not answer at {address} ({origin}): install and "
            "start it, or name another address by DOCKER_HOST."
        ) from error


def _origin(error: BaseException) -> BaseException:
    """Return what the system refused, such as a permission, if that was the cause."""
    first = error
    while first.__context__:
        first = first.__context__
    return first if isinstance(first, OSError) else error


def _kind_of(origin: BaseException) -> type[DockerError]:
    from docker.errors import DockerException

    final = (FileNotFoundError, PermissionError, DockerException)
    return DockerError if isinstance(origin, final) else UnansweredError
