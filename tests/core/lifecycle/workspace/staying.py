"""Runs a dynamic pipeline to its end, and stays, as a notebook does."""

import signal
import sys
from pathlib import Path

from flows import dynamic

if __name__ == "__main__":
    marks = Path(sys.argv[1])
    dynamic.one(str(marks))
    (marks / "ended").touch()
    signal.pause()
