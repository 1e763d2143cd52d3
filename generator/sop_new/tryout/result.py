"""What `sop-new try` answers: the pipeline run, as ZenML remembers it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel
from rich.console import RenderableType
from rich.text import Text

from sop_new.printing import Phase, Result, commands, quoted, tree


class Output(BaseModel):
    """A value that a step returned: a plain one as it is, any other as its bounded `repr`."""

    name: str
    value: bool | int | float | str | None


class Step(BaseModel):
    """A step of the pipeline run.

    Attributes:
        seconds: from its start to its end; None if it has no end.
        error: the message of the exception that ended it.
        job: what its job is found by in the engine.
        log: the last lines that it wrote, as ZenML stored them.
    """

    name: str
    status: str
    seconds: float | None
    outputs: list[Output]
    error: str | None
    job: dict[str, str]
    log: list[str]

    def parts(self) -> Iterator[Text]:
        """How it ended, where it ran, and what it gave back and wrote."""
        lasted = "" if self.seconds is None else f" after {self.seconds:.1f} s"
        yield Text(f"  step {self.name}: {self.status}{lasted}")
        if self.job:
            yield Text(f"    job: {', '.join(' '.join(detail) for detail in self.job.items())}")
        for output in self.outputs:
            yield Text(f"    {output.name} = {output.value!r}")
        yield from quoted(self.log, indent=4)


class Run(BaseModel):
    """A pipeline run, as ZenML remembers it."""

    name: str
    status: str
    steps: list[Step]


class Trial(Result):
    """The answer of `sop-new try`.

    Attributes:
        project: absolute path of the project; the name of one that is gone with the trial.
        files: its files, by path.
        phases: what was done, and how long it took.
        launcher_process_id: of the process that started the pipeline.
        run: the pipeline's run.
        next: what to run next, as lines for a shell; nothing for a project that stays.
    """

    project: str
    files: list[str]
    phases: list[Phase]
    launcher_process_id: int
    run: Run
    next: list[str]

    def parts(self) -> Iterator[RenderableType]:
        """The tree, the times, and what the run gave back."""
        yield tree(self.project, self.files)
        yield Text()
        for phase in self.phases:
            yield phase.line()
        whole = sum(phase.seconds for phase in self.phases)
        yield Phase(name="in all", seconds=whole).line()
        yield Text(f"\nRun {self.run.name}: {self.run.status}")
        yield Text(f"  launched by process {self.launcher_process_id}")
        for step in self.run.steps:
            yield from step.parts()
        if self.next:
            yield Text("\nTo have such a project:\n")
            yield commands(self.next)
