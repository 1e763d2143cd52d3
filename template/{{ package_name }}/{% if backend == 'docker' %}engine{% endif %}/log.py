"""The end of what a container wrote."""

from __future__ import annotations

import time
from typing import Any

from .connection import DockerError

ALL, LAST_LINES = "all", "5000"

SECONDS = 30
"""How long it may take to read what a container wrote."""

PIECE_BYTES = 64 * 1024


def end_of_log(api: Any, container: str, limit: int) -> bytes:
    """Return the last bytes that a container wrote, at most so many.

    Docker counts lines only, and what it calls one may have any length: so all that it
    sends passes through here, and the last of it is kept.

    Args:
        api: The SDK's client of the API.
        container: Its id.
        limit: How many bytes.

    Raises:
        DockerError: If its log cannot be read, as with some of Docker's log drivers.
        TimeoutError: If it takes too long.
    """
    first, then = LAST_LINES, ALL
    if "Podman" in str(api.version(api_version=False).get("Components")):
        # Which takes minutes to look for its last lines if one is very long (4.3).
        first, then = then, first
    try:
        return _read(api, container, limit, first)
    except TimeoutError:
        return _read(api, container, limit, then)


def _read(api: Any, container: str, limit: int, lines: str) -> bytes:
    """Read the last lines, and return the end of them.

    The SDK's own way takes each piece into memory as a whole, and has no end.
    """
    from requests import ReadTimeout
    from urllib3.exceptions import ReadTimeoutError

    deadline = time.monotonic() + SECONDS
    late = TimeoutError(f"The log takes more than {SECONDS:g} s to read.")
    end = bytearray()
    url = f"{api.base_url}/v{api.api_version}/containers/{container}/logs"
    wanted = {"stdout": 1, "stderr": 1, "tail": lines}
    try:
        with api.get(url, params=wanted, stream=True, timeout=SECONDS) as answer:
            if not answer.ok:
                raise DockerError(f"Docker refuses: {answer.text.strip()}")
            # Each piece comes after a header: 1 or 2 for its stream, and its length.
            while len(header := answer.raw.read(8)) == 8:
                left = int.from_bytes(header[4:], "big")
                while left and (piece := answer.raw.read(min(left, PIECE_BYTES))):
                    left -= len(piece)
                    end += piece
                    if len(end) > 2 * limit:
                        del end[:-limit]
                    if time.monotonic() > deadline:
                        raise late
    except (ReadTimeout, ReadTimeoutError) as error:
        raise late from error
    return bytes(end[-limit:])
