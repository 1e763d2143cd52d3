"""Starts a step's command in a source tree and a ZenML configuration of its own.

Runs where the step runs, as `python -m <this module> ARCHIVE COMMAND...`, in an empty
folder. Every ZenML process rewrites `.zen/config.yaml` in the folder it stands in and
its global configuration, not atomically: steps that share them fail at random (seen
with eight steps at once, ZenML 0.98).
"""

from __future__ import annotations

import os
import signal
import sys
import tarfile
from pathlib import Path


def main(archive: str, *command: str) -> None:
    """Unpack the source tree, then become the command."""
    here = Path.cwd()
    source = here / "source"
    # The tree and the configuration are for us alone; what the step writes elsewhere,
    # such as artifacts, is not.
    usual = os.umask(0o077)
    (here / "zenml").mkdir(exist_ok=True)
    with tarfile.open(archive) as tar:
        # Set as an attribute, since the argument came with Python 3.10.12 only.
        tar.extraction_filter = getattr(tarfile, "tar_filter", None)
        tar.extractall(source)
    os.umask(usual)

    os.environ["ZENML_CONFIG_PATH"] = str(here / "zenml")
    os.environ["ZENML_CUSTOM_SOURCE_ROOT"] = str(source)
    # Or ZenML would look for a `.zen` in the folders above.
    os.environ["ZENML_REPOSITORY_PATH"] = str(source)
    # The last words of a step that is killed must not be lost in a buffer.
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    if sys.prefix != sys.base_prefix:
        # The programs of the environment's packages, as if it were activated.
        programs = str(Path(sys.executable).parent)
        os.environ["PATH"] = os.pathsep.join((programs, os.environ.get("PATH", "")))
    # A shell lets what it starts in the background ignore the first, Python the others.
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.chdir(source)

    # ZenML asks for a bare `python`, which need not be this one, or be there at all.
    program = sys.executable if command[0] == "python" else command[0]
    try:
        os.execvp(program, (program, *command[1:]))
    except OSError as error:
        sys.exit(f"{program} cannot be started: {error.strerror}")


if __name__ == "__main__":
    main(*sys.argv[1:])
