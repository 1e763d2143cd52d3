"""The steps that the scenarios run; ZenML before 0.92 reads annotations as they stand."""

import os
import platform
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Annotated

from zenml import step

from flows.deep.words import shout
from flows.shapes import Shape, ShapeMaterializer

OPERATOR = "first"
SECOND_OPERATOR = "second"

operator = step(step_operator=OPERATOR, enable_cache=False)


def leave_mark(marks: str) -> None:
    (Path(marks) / f"{platform.node()}-{os.getpid()}").touch()


@step(step_operator=OPERATOR, enable_cache=False, output_materializers={"shape": ShapeMaterializer})
def make_shape(sides: int) -> tuple[Annotated[Shape, "shape"], Annotated[int, "sides"]]:
    return Shape(sides), sides


@operator
def look_around(shape: Shape, text: str) -> dict:  # type: ignore[type-arg]
    """Say what the step was given, and what can be seen of it from outside."""
    commands = ["ps", "-A", "-o", "args="], ["scontrol", "show", "job"]
    listed = [
        subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout
        for command in commands
        if shutil.which(command[0])
    ]
    return {
        "sides": shape.sides,
        "text": text,
        "canary": os.environ.get("CANARY"),
        "listed": "".join(listed),
        "folder": str(Path.cwd()),
        "process": os.getpid(),
    }


@operator
def shout_it(text: str) -> str:
    return shout(text)


@operator
def fail() -> None:
    print(f"canary: {os.environ.get('CANARY')}")
    raise LookupError("no such thing as \N{SNOWMAN}")


@operator
def leave_a_daemon(marks: str) -> None:
    """Leave a process of a session of its own, which holds on to the step's output."""
    daemon = subprocess.Popen(["sleep", "90"], start_new_session=True)
    (Path(marks) / f"{platform.node()}-{daemon.pid}").touch()


@operator
def end_at_once(exit_code: int) -> None:
    """End before ZenML can publish anything: by a signal where the code is negative."""
    print(f"last words, canary: {os.environ.get('CANARY')}", flush=True)
    if exit_code < 0:
        os.kill(os.getpid(), -exit_code)
        signal.pause()
    os._exit(exit_code)


@operator
def take_memory(mib: int) -> int:
    return len(b"x" * (mib << 20))


@operator
def wait(marks: str) -> None:
    """Leave a mark, then run until there is a file `go`, or until somebody ends it."""
    leave_mark(marks)
    while not (Path(marks) / "go").exists():
        time.sleep(0.1)


@operator
def mark(marks: str) -> int:
    """Leave a mark of this attempt."""
    leave_mark(marks)
    return os.getpid()


@operator
def fail_at_first(marks: str) -> int:
    """Fail, unless an earlier attempt left its mark."""
    attempts = len(list(Path(marks).iterdir()))
    leave_mark(marks)
    if not attempts:
        raise LookupError("the first attempt")
    return attempts


@step(step_operator=SECOND_OPERATOR, enable_cache=False)
def on_the_second() -> None:
    pass


@operator
def on_the_first() -> None:
    pass
