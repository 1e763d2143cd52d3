"""What the command line costs beside what it is made of, as ratios within one run.

Run as `.venv/bin/python benchmarks/commands.py [ROUNDS]`. Each pair is run in turns, so that
whatever else the machine does falls on both; medians are compared.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

REPOSITORY = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


def seconds(command: Sequence[str | Path]) -> float:
    """Run a command in an empty folder; how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return time.perf_counter() - started


def compare(
    what: str, ours: Sequence[str | Path], theirs: Sequence[str | Path], rounds: int
) -> None:
    """Print the medians of two commands, run in turns, and their ratio."""
    times = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    mine, other = (median(column) for column in zip(*times, strict=True))
    print(f"{what:42} {mine:6.2f} s  {other:6.2f} s  ratio {mine / other:.2f}")


def main(rounds: int) -> None:
    """Compare creating with plain Copier, and the help with an interpreter that does nothing."""
    sop_new = BIN / "sop-new"
    copier = (BIN / "copier", "copy", "--defaults", "--vcs-ref", "HEAD", REPOSITORY, "zenml-acme")
    compare(
        "sop-new zenml-acme / copier copy", (sop_new, "zenml-acme", "--defaults"), copier, rounds
    )
    compare(
        "sop-new --help / python -c pass", (sop_new, "--help"), (sys.executable, "-c", ""), rounds
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
