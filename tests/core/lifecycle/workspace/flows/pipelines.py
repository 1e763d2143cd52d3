"""Static pipelines, each of a step or two."""

from zenml import enums, pipeline

from flows import steps

# The step's own exception, instead of a summary; ZenML 0.84 knows no other way.
modes = getattr(enums, "ExecutionMode", None)
static = pipeline(execution_mode=modes.FAIL_FAST) if modes else pipeline


@static
def looking(text: str) -> None:
    shape, _ = steps.make_shape(5)
    steps.look_around(shape, text)


@static
def shouting(text: str) -> None:
    steps.shout_it(text)


@static
def failing() -> None:
    steps.fail()


@static
def ending_at_once(exit_code: int) -> None:
    steps.end_at_once(exit_code)


@static
def taking_memory(mib: int) -> None:
    steps.take_memory(mib)


@static
def waiting(marks: str) -> None:
    steps.wait(marks)


@static
def marking(marks: str) -> None:
    steps.mark(marks)


@static
def failing_at_first(marks: str) -> None:
    steps.fail_at_first(marks)


@static
def on_both() -> None:
    steps.on_the_first()
    steps.on_the_second()


@static
def leaving_a_daemon(marks: str) -> None:
    steps.leave_a_daemon(marks)
