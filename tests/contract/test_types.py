"""The contract's files are typed, beside the ZenML that `make lint` does without."""

import os
import subprocess

from sop_new.check.catalogue import FOLDER

from tests.template.environments import CACHE, locked, whole_environment
from tests.zenml.versions import NEWEST


def test_types_are_strict_and_clean_beside_zenml() -> None:
    python = whole_environment(NEWEST.lock) / "bin" / "python"
    options = ("--config-file=", "--strict", "--explicit-package-bases")
    # Reading ZenML takes mypy its time: one of them does it for all, now and in later runs.
    with locked(CACHE / "mypy.lock"):
        done = subprocess.run(
            [python, "-m", "mypy", *options, FOLDER.name],
            cwd=FOLDER.parent,
            env=os.environ | {"MYPY_CACHE_DIR": str(CACHE / "mypy")},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout + done.stderr
