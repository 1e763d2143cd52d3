"""Pipelines of command steps, for ZenML versions that know them."""

from zenml import CommandStep

from . import awkward, steps
from .static import static

SHOW = "import json, sys; json.dump(sys.argv[2:], open(sys.argv[1], 'w'))"


@static
def commanding(marks: str) -> None:
    """Run a command that writes its arguments into a file."""
    command = ["python", "-c", SHOW, f"{marks}/arguments", *awkward.ARGUMENTS]
    CommandStep(command=command, step_operator=steps.OPERATOR, name="show")()


@static
def failing_command(marks: str) -> None:
    """Run a command that fails."""
    command = ["python", "-c", "raise SystemExit(3)"]
    CommandStep(command=command, step_operator=steps.OPERATOR, name="fail")()
