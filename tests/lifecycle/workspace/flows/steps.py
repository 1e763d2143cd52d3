"""The steps that the scenarios run; ZenML before 0.92 reads annotations as they stand."""

import os
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


@step(step_operator=OPERATOR, enable_cache=False, output_materializers={"shape": ShapeMaterializer})
def make_shape(sides: int) -> tuple[Annotated[Shape, "shape"], Annotated[int, "sides"]]:
    return Shape(sides), sides


@operator
def look_around(shape: Shape, text: str) -> dict:  # type: ignore[type-arg]
    """Say what the step was given, and what can be seen of it from outside."""
    listed = subprocess.run(["ps", "-A", "-o", "args="], stdout=subprocess.PIPE, text=True)
    return {
        "sides": shape.sides,
        "text": text,
        "canary": os.environ.get("CANARY"),
        "listed": listed.stdout,
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
def end_at_once(exit_code: int) -> None:
    """End before ZenML can publish anything: by a signal where the code is negative."""
    print(f"last words, canary: {os.environ.get('CANARY')}", flush=True)
    if exit_code < 0:
        os.kill(os.getpid(), -exit_code)
        signal.pause()
    os._exit(exit_code)


@operator
def wait_for_ever(marks: str) -> None:
    """Leave a mark, then run until somebody ends it."""
    (Path(marks) / str(os.getpid())).touch()
    time.sleep(600)


@operator
def mark(marks: str) -> int:
    """Leave a mark of this attempt."""
    (Path(marks) / str(os.getpid())).touch()
    return os.getpid()


@operator
def fail_at_first(marks: str) -> int:
    """Fail, unless an earlier attempt left its mark."""
    attempts = len(list(Path(marks).iterdir()))
    (Path(marks) / str(os.getpid())).touch()
    if not attempts:
        raise LookupError("the first attempt")
    return attempts


@step(step_operator=SECOND_OPERATOR, enable_cache=False)
def on_the_second() -> str:
    return str(Path.cwd())


@operator
def on_the_first() -> str:
    return str(Path.cwd())
