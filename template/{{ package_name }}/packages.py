"""Builds the Python environment that a step's Docker settings ask for."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .distribution import pack_wheel, requirement

if TYPE_CHECKING:
    from zenml.config import DockerSettings
    from zenml.stack import Stack

logger = logging.getLogger(__name__)


def wanted_packages(docker_settings: DockerSettings, stack: Stack, wheels: Path) -> str:
    """Return the requirements of a step, one a line; nothing if it asks for none.

    What the stack itself requires is installed wherever a pipeline can be started:
    alone it is no reason to build an environment.

    Args:
        docker_settings: What the step asks for.
        stack: The stack that it runs on.
        wheels: Where this package's own wheel is kept.
    """
    from zenml.utils.pipeline_docker_image_builder import PipelineDockerImageBuilder

    gather = PipelineDockerImageBuilder.gather_requirements_files
    only_step = docker_settings.model_copy(update={"install_stack_requirements": False})
    if not gather(only_step, stack, log=False):
        return ""
    files = gather(docker_settings, stack, log=False)
    ours = requirement()
    lines = [line for _, content, _ in files for line in content.splitlines()]
    others = [line for line in lines if line != ours]
    return "\n".join([*others, _zenml_requirement(), _own_requirement(wheels)])


def build_environment(requirements: str, folder: Path) -> Path:
    """Build an environment, or find the one built before; return its interpreter.

    Raises:
        RuntimeError: If a package cannot be installed; with the installer's words.
    """
    inputs = "\0".join((requirements, sys.version))
    key = hashlib.sha256(inputs.encode()).hexdigest()[:32]
    home = folder / key
    complete = home / ".complete"
    with _locked(folder / f"{key}.lock"):
        if not complete.exists():
            # A builder that died halfway left something here, and no mark.
            shutil.rmtree(home, ignore_errors=True)
            logger.info("Building an environment for the step in %s.", home)
            _install(requirements, home)
            complete.touch()
    return home / "bin" / "python"


def _install(requirements: str, home: Path) -> None:
    python = home / "bin" / "python"
    listed = home / "requirements.txt"
    uv = shutil.which("uv")
    if uv:
        _run(uv, "venv", "--python", sys.executable, home)
    else:
        _run(sys.executable, "-m", "venv", home)
    # In a file of our own, since an index's address can hold a password.
    listed.touch(mode=0o600)
    listed.write_text(requirements)
    if uv:
        _run(uv, "pip", "install", "--python", python, "-r", listed)
    else:
        _run(python, "-m", "pip", "install", "-r", listed)


def _run(*argv: str | Path) -> None:
    done = subprocess.run(
        argv,
        # uv leaves bytecode to the first start: a second and more for each step.
        env=os.environ | {"UV_COMPILE_BYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-20:])
        raise RuntimeError(f"The step's environment could not be built:\n{tail}")


def _zenml_requirement() -> str:
    from zenml import __version__
    from zenml.config.global_config import GlobalConfiguration
    from zenml.enums import StoreType

    local = GlobalConfiguration().store_configuration.type == StoreType.SQL
    return f"zenml{'[local]' if local else ''}=={__version__}"


def _own_requirement(wheels: Path) -> str:
    name = requirement().partition("==")[0]
    return f"{name} @ {pack_wheel(wheels).as_uri()}"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
