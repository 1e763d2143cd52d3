"""Command steps, for ZenML versions that know them."""

from zenml import CommandStep

from flows.pipelines import static

SHOW = """
import json, sys
json.dump(sys.argv[2:], open(sys.argv[1], 'w'))
print('shown, with arguments')
"""

TASK = """
import json, os, pathlib, subprocess, sys, time
marks = pathlib.Path(sys.argv[1])
# It leaves the task's group and session.
subprocess.Popen(["sleep", "600"], start_new_session=True)
mark = marks / f"{os.environ['RANK']}-{os.getpid()}"
mark.with_name("." + mark.name).write_text(json.dumps(dict(os.environ)))
mark.with_name("." + mark.name).rename(mark)
while not (marks / "go").exists():
    if (marks / "fail").exists() and os.environ["RANK"] == "1":
        sys.exit(3)
    time.sleep(0.1)
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


@static
def tasking(marks: str) -> None:
    """Run a command whose tasks leave their environments, and wait."""
    CommandStep(command=["python", "-c", TASK, marks], step_operator="first", name="task")()
