"""Where programs run that know ZenML: a folder that is removed, and a ZenML of its own in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sop_new.errors import Code, SopNewError

THEIRS = ("ZENML_", "PYTHON", "PYTEST_", "CONTRACT_", "VIRTUAL_ENV")
"""How variables begin that lead to the user's own ZenML and Python, or change what they do."""


@contextmanager
def workroom(command: str) -> Iterator[Path]:
    """A folder for one run of a command.

    Raises:
        SopNewError: there is no place for it, or no room.
    """
    try:
        with TemporaryDirectory(
            prefix=f"sop-new-{command}-", dir=_place(), ignore_cleanup_errors=True
        ) as folder:
            (Path(folder) / "tmp").mkdir()
            yield Path(folder).resolve()
    except OSError as error:
        raise SopNewError(
            Code.WRITE_FAILED,
            f"{error.filename or 'The place to work in'} can't be used: {error.strerror or error}.",
            "Make room or change the permissions; TMPDIR names another place to work in.",
        ) from error


def _place() -> Path:
    """Where to work: unless told otherwise, at home, which the nodes of a cluster see."""
    from platformdirs import user_cache_path

    chosen = os.environ.get("TMPDIR")
    return Path(chosen) if chosen else user_cache_path("sop-new", ensure_exists=True)


def environment(python: str, folder: Path) -> dict[str, str]:
    """The variables for an interpreter in a workroom: the user's, but for THEIRS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(THEIRS)}
    return kept | {
        "PATH": os.pathsep.join((str(Path(python).parent), kept.get("PATH", os.defpath))),
        "TMPDIR": str(folder / "tmp"),
        "AUTO_OPEN_DASHBOARD": "false",
        "ZENML_AUTO_OPEN_DASHBOARD": "false",
        "ZENML_ANALYTICS_OPT_IN": "false",
        "ZENML_CONFIG_PATH": str(folder / "zenml"),
        "ZENML_ENABLE_REPO_INIT_WARNINGS": "false",
        "ZENML_ENABLE_RICH_TRACEBACK": "false",
        "ZENML_LOGGING_COLORS_DISABLED": "true",
    }
