"""Stands for a container: `/app`, where ZenML's images work, is the current folder.

Runs as `python container.py python -m MODULE ARGUMENTS...`.
"""

import os
import runpy
import sys
from typing import Any

HERE = os.getcwd()  # noqa: PTH109 - as a string


def inside(change: Any) -> Any:
    """Let a function that takes a path take the current folder for `/app`."""
    return lambda path, *rest, **named: change(HERE if path == "/app" else path, *rest, **named)


def main(python: str, dash_m: str, module: str, *arguments: str) -> None:
    """Run a module, as `python -m` does."""
    vars(os).update(chdir=inside(os.chdir), makedirs=inside(os.makedirs))
    # As the image's Dockerfile says.
    os.environ["ZENML_CONFIG_PATH"] = f"{HERE}/.zenconfig"
    sys.path[0] = HERE
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
