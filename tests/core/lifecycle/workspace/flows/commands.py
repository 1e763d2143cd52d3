"""Command steps, for ZenML versions that know them."""

from zenml import CommandStep

from flows.pipelines import static

SHOW = """
import json, sys
json.dump(sys.argv[2:], open(sys.argv[1], 'w'))
print('shown, with arguments')
"""


def showing(marks: str, arguments: list[str]) -> object:
    """A pipeline whose command writes its arguments into a file."""
    command = ["python", "-c", SHOW, f"{marks}/arguments", *arguments]

    @static
    def showing_pipeline() -> None:
        CommandStep(command=command, step_operator="first", name="show")()

    return showing_pipeline


def failing() -> object:
    """A pipeline whose command fails."""
    command = ["sh", "-c", "echo last words; exit 3"]

    @static
    def failing_pipeline() -> None:
        CommandStep(command=command, step_operator="first", name="fail")()

    return failing_pipeline
