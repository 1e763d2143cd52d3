"""Runs the contract in folders, each in a fork of a process that has imported ZenML already.

Run by the Python of an environment with ZenML: it reads the folders from its standard input, a
line each, and answers each with a line. A folder holds the contract, and the package of the flavor
that CONTRACT_FLAVOR names; what comes out is in the files `report` and `said`.
"""

import os
import sys
from pathlib import Path

import pytest
import zenml.client
import zenml.step_operators  # noqa: F401 - what takes most of the time


def judge(folder: Path) -> int:
    os.chdir(folder)
    os.environ.update(PYTHONPATH=str(folder), CONTRACT_REPORT=str(folder / "report"))
    sys.path.insert(0, str(folder))
    said = os.open(folder / "said", os.O_CREAT | os.O_WRONLY)
    os.dup2(said, 1)
    os.dup2(said, 2)
    options = ("-p", "no:cacheprovider", "-c", "pytest.ini", "--rootdir", ".")
    return pytest.main([*options, "contract"])


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(judge(Path(line.rstrip("\n"))))
        os.waitpid(child, 0)
        print("judged", flush=True)
