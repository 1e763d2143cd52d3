"""A script in a sub-folder, with a step of its own."""

import sys
from typing import Annotated

from zenml import pipeline, step


@step(step_operator="first", enable_cache=False)
def measure(text: str) -> tuple[Annotated[int, "length"], Annotated[str, "imported"]]:
    import inhouse  # type: ignore[import-not-found, unused-ignore]

    return len(text), str(inhouse.__file__)


@pipeline
def weekly(text: str) -> None:
    measure(text)


if __name__ == "__main__":
    weekly(sys.argv[1])
