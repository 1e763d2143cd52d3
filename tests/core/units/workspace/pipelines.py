"""The pipelines that the tests run."""

import os
import time
from pathlib import Path
from typing import Annotated, Any

from zenml import enums, pipeline, step

OPERATOR = "acme"

operator = step(step_operator=OPERATOR, enable_cache=False)
# The step's own exception, instead of a summary; ZenML 0.84 and 0.85 know no other way.
modes: Any = getattr(enums, "ExecutionMode", None)
fast = pipeline(execution_mode=modes.FAIL_FAST) if modes else pipeline


@operator
def look_around(text: str) -> tuple[Annotated[str, "text"], Annotated[dict, "place"]]:  # type: ignore[type-arg]
    """Return the argument, and what the step sees of the place it runs in."""
    seen = {name: os.environ.get(name, "") for name in ("ZENML_CONFIG_PATH", "CANARY")}
    return text, seen | {"folder": str(Path.cwd())}


@operator
def fail() -> None:
    """Fail as user code does."""
    print(f"canary: {os.environ['CANARY']}")
    raise LookupError("no such thing as \N{SNOWMAN}")


@operator
def vanish(exit_code: int) -> None:
    """End the process before ZenML can publish anything."""
    print("last words", flush=True)
    os._exit(exit_code)


@operator
def sleep() -> None:
    """Run until somebody ends it."""
    time.sleep(600)


@fast
def looking(text: str) -> None:
    """Run a step that succeeds."""
    look_around(text)


@fast
def failing() -> None:
    """Run a step that fails."""
    fail()


@fast
def vanishing(exit_code: int) -> None:
    """Run a step whose process vanishes."""
    vanish(exit_code)


@fast
def sleeping() -> None:
    """Run a step that does not end by itself."""
    sleep()
