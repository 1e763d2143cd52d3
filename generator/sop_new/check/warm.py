"""A Python that has imported much already, and starts in no time.

ZenML takes seconds to import, and whoever checks a step operator for real starts many processes
that do: a launcher, and each step. `warm` starts one process that imports, and gives a program that
can be used in place of `python`: that process then forks instead.

A fork does what `python` would do: it has the arguments, environment, folder, umask and open files
of the program that was started, and is the main program of a module, a script or a line of code.
What it has beyond that are imported modules: so none of them may be what is checked. Where a module
read an environment variable that is another one now, for a command line with options, and on
another machine, the usual Python is started.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sop_new.guests import WARM_SERVER, WARM_SHIM

ZENML = (
    "zenml.client",
    "zenml.deployers",
    "zenml.entrypoints.entrypoint",
    "zenml.log_stores",
    "zenml.pipelines.pipeline_definition",
    "zenml.step_operators.step_operator_entrypoint_configuration",
    "zenml.zen_stores.sql_zen_store",
)
"""What takes most of the time in a process that runs a pipeline or a step; some came lately."""


@contextmanager
def warm(
    python: Path,
    *modules: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Path]:
    """A program that starts like `python`, but with these modules imported.

    It is `python` itself where that cannot be: where processes cannot be forked safely, or a module
    breaks at its import.

    Args:
        python: an interpreter.
        modules: what it has imported, of those that are there.
        folder: where the program is; a temporary folder by default.
        environment: the variables that it is mostly started with; by default those of this process.
    """
    if sys.platform != "linux":
        yield python
        return
    # The server removes it. The name of a socket may have no more than about a hundred characters.
    place = Path(tempfile.mkdtemp(prefix="warm-", dir="/tmp"))
    given = os.environ if environment is None else environment
    try:
        with subprocess.Popen(
            [python, WARM_SERVER, place, *modules],
            env={name: value for name, value in given.items() if name != "PYTHONPATH"},
            # The server ends with its standard input, and so even if this process is killed.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # An interrupt from the keyboard is for the programs, which pass it on.
            start_new_session=True,
        ) as server:
            is_warm = b"warm\n" in (server.stdout or ())
            yield _shim(python, place, folder or place) if is_warm else python
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _shim(python: Path, place: Path, folder: Path) -> Path:
    """The program that asks the server, or else starts the usual Python."""
    shim = folder / "python"
    code = Path(WARM_SHIM).read_text(encoding="utf-8")
    shim.write_text(f"#!{python.resolve()} -IS\n{code}", encoding="utf-8")
    (folder / "python.where").write_text(f"{place}/socket\n{python}", encoding="utf-8")
    shim.chmod(0o700)
    # There are disks from which nothing is run.
    return shim if os.access(shim, os.X_OK) else python
