"""Dynamic pipelines, for ZenML versions that know them; images are built for what they name."""

from zenml import pipeline

from flows import steps


@pipeline(dynamic=True, depends_on=[steps.mark])
def one(marks: str) -> None:
    steps.mark.submit(marks).load()


@pipeline(dynamic=True, depends_on=[steps.mark])
def eight(marks: str) -> None:
    for ended in [steps.mark.submit(marks) for _ in range(8)]:
        ended.result()


@pipeline(dynamic=True, depends_on=[steps.wait])
def waiting(marks: str) -> None:
    steps.wait.submit(marks)


@pipeline(dynamic=True, depends_on=[steps.wait])
def forty(marks: str) -> None:
    for _ in range(40):
        steps.wait.submit(marks)


@pipeline(dynamic=True, depends_on=[steps.on_the_first, steps.on_the_second])
def on_both() -> None:
    first, second = steps.on_the_first.submit(), steps.on_the_second.submit()
    first.result(), second.result()
