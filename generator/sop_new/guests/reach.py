"""Asks the engine about no job at all, which tells whether it answers.

Run by the Python of the environment that `sop-new try` makes, never imported, as probe.py.
"""

from __future__ import annotations

import sys
from typing import Any

from zenml.client import Client

if __name__ == "__main__":
    operator: Any = Client().active_stack.step_operator
    try:
        # Before they had machines, projects asked it here.
        here = getattr(operator, "machine", None)
        (here.engine(operator.engine) if here else operator.engine).poll([])
    except Exception as error:
        said = " ".join(str(error).split())
        if type(error) is RuntimeError:
            sys.exit(said)
        # Any other one of Python's own comes from a mistake, which only its traceback helps to
        # find; those of an engine say what is missing.
        if type(error).__module__ == "builtins":
            raise
        sys.exit(f"{type(error).__name__}: {said}")
