"""The example, on the real engine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(script: str, *arguments: str) -> str:
    """Run one of the examples and return what it prints."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / script, *arguments],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_runs_in_another_process() -> None:
    run("register.py")
    again = run("register.py", "--activate")
    told = run("pipeline.py")

    assert "are registered" in again
    found = re.search(
        r"Process (\d+) estimated pi = (3\.1\d*); this is process (\d+)", told
    )
    assert found, told
    assert found[1] != found[3]
