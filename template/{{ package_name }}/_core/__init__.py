"""What is the same for every engine. Not for editing: an update replaces these files.

Yours are `flavor.py`, `config.py`, `operator.py` and `engine/`. To change how a step is
prepared, started or sized, override the method in `operator.py` that does it.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[1]
"""The package that this folder belongs to."""
