"""Static pipelines; each takes a folder for marks."""

from zenml import enums, pipeline

from . import steps
from .image import SETTINGS

# The step's own exception, instead of a summary; ZenML 0.84 knows no other way.
modes = getattr(enums, "ExecutionMode", None)
mode = {"execution_mode": modes.FAIL_FAST} if modes else {}
static = pipeline(**mode, settings=SETTINGS)


@static
def looking(marks: str) -> None:
    """Look around."""
    steps.look(marks)


@static
def naming(marks: str) -> None:
    """Run a step with an awkward name."""
    steps.bear_a_name()


@static
def passing_on(marks: str) -> None:
    """Hand something from one step to the next."""
    steps.count_sides(steps.make_shape())


@static
def failing(marks: str) -> None:
    """Fail as steps do."""
    steps.fail()


@static
def vanishing(marks: str) -> None:
    """End without a word to ZenML, as if all were well."""
    steps.end_at_once(0)


@static
def dying(marks: str) -> None:
    """End without a word to ZenML."""
    steps.end_at_once(3)


@static
def waiting(marks: str) -> None:
    """Wait."""
    steps.wait(marks)


@static
def retrying(marks: str) -> None:
    """Fail at first."""
    steps.fail_at_first(marks)


@static
def modest(marks: str) -> None:
    """Ask for little."""
    steps.ask_for_little()


@static
def greedy(marks: str) -> None:
    """Ask for too much."""
    steps.ask_for_much()


@static
def marking(marks: str) -> None:
    """Leave a mark."""
    steps.mark(marks)
