"""A Python that has imported much already, and starts in no time.

ZenML takes seconds to import, and whoever tests a step operator for real starts many processes that
do: a launcher, and each step. `warm` starts one process that imports, and gives a program that can
be used in place of `python`: that process then forks instead.

A fork does what `python` would do: it has the arguments, environment, folder, umask and open files
of the program that was started, and is the main program of a module, a script or a line of code.
What it has beyond that are imported modules: so none of them may be what is tested. Where a module
read an environment variable that is another one now, and for a command line with options, the usual
Python is started.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent

ZENML = (
    "zenml.client",
    "zenml.entrypoints.entrypoint",
    "zenml.pipelines.pipeline_definition",
    "zenml.step_operators.step_operator_entrypoint_configuration",
    "zenml.zen_stores.sql_zen_store",
)
"""What takes most of the time in a process that runs a pipeline or a step."""


@contextmanager
def warm(python: Path, *modules: str) -> Iterator[Path]:
    """A program that starts like `python`, but with these modules imported."""
    # The server removes it. The name of a socket may have no more than about a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="warm-", dir="/tmp"))
    shim = folder / "python"
    code = (HERE / "shim.py").read_text(encoding="utf-8")
    shim.write_text(f"#!{python.resolve()} -IS\n{code}", encoding="utf-8")
    shim.chmod(0o700)
    with subprocess.Popen(
        [python, HERE / "server.py", folder, *modules],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        # The server ends with its standard input, and so even if this process is killed.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # An interrupt from the keyboard is for the programs, which pass it on.
        start_new_session=True,
    ) as server:
        assert server.stdout and b"warm\n" in server.stdout
        yield shim
