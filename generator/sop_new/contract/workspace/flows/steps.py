"""The steps; ZenML before 0.92 reads annotations as they stand, so they are no strings.

Those that run on leave marks in a folder of the artifact store, in files named after
their machines and processes.
"""

import hashlib
import json
import os
import platform
import time
from pathlib import Path
from typing import Annotated

from zenml import step
from zenml.config import ResourceSettings
from zenml.config.retry_config import StepRetryConfig

from . import awkward
from .shapes import Shape, ShapeMaterializer

OPERATOR = "contract"
"""Name of the component."""

LONGEST = 300
"""After so many seconds even a step that was forgotten ends."""

on_it = step(step_operator=OPERATOR, enable_cache=False)


def leave_mark(marks: str, text: str = "") -> None:
    """Leave a mark, or renew it."""
    mark = Path(marks) / f"{platform.node()}-{os.getpid()}"
    mark.write_text(text, encoding="utf-8")


@on_it
def look(marks: str) -> None:
    """Write down what a step was given; of the secret only a digest."""
    here = Path("/").stat()
    in_a_container = ("/.dockerenv", "/run/.containerenv")
    seen = {
        "folder": str(Path.cwd()),
        "root": [here.st_dev, here.st_ino],
        "contained": any(Path(path).exists() for path in in_a_container)
        or "KUBERNETES_SERVICE_HOST" in os.environ,
        "names": sorted(os.environ),
        "key": hashlib.sha256(os.environ.get("CONTRACT_KEY", "").encode()).hexdigest(),
        "text": os.environ.get("CONTRACT_TEXT"),
        "import": "",
        "file": "",
    }
    try:
        from .deep import words

        words.told()
    except ImportError as error:
        seen["import"] = str(error)
    except OSError as error:
        seen["file"] = str(error)
    (Path(marks) / "seen").write_text(json.dumps(seen), encoding="utf-8")


@step(step_operator=OPERATOR, enable_cache=False, name=awkward.NAME)
def bear_a_name() -> None:
    """Do nothing, under a name that looks like code."""


@step(
    step_operator=OPERATOR,
    enable_cache=False,
    output_materializers={"shape": ShapeMaterializer},
)
def make_shape() -> Annotated[Shape, "shape"]:
    """Return what the next step takes."""
    return Shape(5)


@on_it
def count_sides(shape: Shape) -> Annotated[int, "sides"]:
    """Take what an earlier step has returned."""
    return shape.sides


@on_it
def fail() -> None:
    """Fail as steps do."""
    raise LookupError("no such thing as a \N{SNOWMAN}")


@on_it
def end_at_once(exit_code: int) -> None:
    """End before ZenML can tell how."""
    print("these are my last words", flush=True)
    os._exit(exit_code)


@on_it
def wait(marks: str) -> None:
    """Renew a mark until there is a file `go`, or until somebody ends this."""
    started = time.monotonic()
    while time.monotonic() < started + LONGEST and not (Path(marks) / "go").exists():
        leave_mark(marks, str(time.monotonic()))
        time.sleep(0.1)


@on_it
def mark(marks: str) -> None:
    """Leave a mark."""
    leave_mark(marks)


@step(
    step_operator=OPERATOR,
    enable_cache=False,
    retry=StepRetryConfig(max_retries=1, delay=0),
)
def fail_at_first(marks: str) -> None:
    """Fail, unless an earlier attempt left its mark."""
    first = not any(Path(marks).iterdir())
    leave_mark(marks)
    if first:
        raise LookupError("the first attempt")


@step(
    step_operator=OPERATOR,
    enable_cache=False,
    settings={"resources": ResourceSettings(cpu_count=0.5, gpu_count=0, memory="500MB")},
)
def ask_for_little() -> None:
    """Need less than a cpu and less than a GB."""


@step(
    step_operator=OPERATOR,
    enable_cache=False,
    settings={"resources": ResourceSettings(gpu_count=awkward.GPUS)},
)
def ask_for_much() -> None:
    """Need more gpus than anybody has."""
