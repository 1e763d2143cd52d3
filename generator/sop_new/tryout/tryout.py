"""`sop-new try`: a project's example pipeline, run for real, where nothing can be hurt."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sop_new.errors import Code, SopNewError
from sop_new.guests import PROBE, REACH
from sop_new.printing import Phase, progress
from sop_new.projects.project import files_of
from sop_new.projects.stubs import stubs_of
from sop_new.running import isolation, processes, wheel
from sop_new.tryout.result import Run, Trial

SHOWN_LINES = 20


def tryout(destination: Path) -> Trial:
    """Install a project, register it, run its example, and read back what came of it.

    Args:
        destination: the project's folder; nothing in it is changed.

    Raises:
        SopNewError: it is no project, or one of the phases failed.
    """
    project = destination.resolve()
    _refuse(destination, project)
    with isolation.workroom("try") as folder:
        workshop = Workshop(destination, project, folder)
        launcher = workshop.install_and_run()
        run = workshop.read_back()
    return Trial(
        project=str(project),
        files=files_of(project),
        phases=workshop.phases,
        launcher_process_id=launcher.pid,
        run=run,
    )


def _refuse(destination: Path, project: Path) -> None:
    for needed in ("pyproject.toml", "examples/register.py", "examples/pipeline.py"):
        if not (project / needed).is_file():
            raise SopNewError(
                Code.NOT_A_PROJECT,
                f"{destination} is no project of sop-new: it has no {needed}.",
                f"Create one first: sop-new {shlex.quote(str(destination))}",
            )
    if stubs := stubs_of(project):
        names = ", ".join(f"{stub.name}()" for stub in stubs)
        raise SopNewError(
            Code.TRY_FAILED,
            f"{stubs[0].file} is still to be written: {names}.",
            "answer what each of them asks; pytest tests/engine_contract lists what is missing",
            [f"{stub.name}: {stub.question}" for stub in stubs],
        )


@dataclass
class Workshop:
    """The temporary folder of one trial, and what happens in it."""

    destination: Path
    project: Path
    folder: Path
    phases: list[Phase] = field(default_factory=list)

    def install_and_run(self) -> processes.Finished:
        """All phases up to the pipeline's end; returns the launcher."""
        shutil.copytree(
            self.project / "examples",
            self.folder / "examples",
            ignore=shutil.ignore_patterns(".zen", "__pycache__"),
        )
        self.phase("Make a throwaway environment", *self.installer.environment)
        wheels = self.folder / "wheels"
        self.phase("Build the project's wheel", *wheel.build(self.python, self.project, wheels))
        [built] = wheels.glob("*.whl")
        self.phase("Install it with ZenML", *self.installer.install, str(built), "zenml[local]")
        self.phase("Register flavor, component and stack", self.python, "register.py", "--activate")
        self.phase("Reach the engine", self.python, REACH)
        return self.phase(
            "Run the example pipeline", self.python, "pipeline.py", why=self.step_error
        )

    def read_back(self) -> Run:
        """The newest run, as ZenML remembers it."""
        self.phase("Read the artifacts back", self.python, PROBE, str(self.answer))
        return Run.model_validate_json(self.answer.read_bytes())

    def phase(
        self, name: str, *command: str, why: Callable[[], str | None] = lambda: None
    ) -> processes.Finished:
        """Run one phase and note how long it took.

        Args:
            name: what it does, in words.
            command: program and arguments.
            why: knows better than the program's output why it failed, or gives None.

        Raises:
            SopNewError: the program failed.
        """
        with progress(name) as phase:
            finished = self.run(*command)
            if finished.status:
                reason = why() or finished.error
                said = () if finished.lines == (reason,) else finished.lines[-SHOWN_LINES:]
                raise SopNewError(
                    Code.TRY_FAILED,
                    f"“{name}” failed: {reason}",
                    f"mend it, then run: {shlex.join(['sop-new', 'try', str(self.destination)])}",
                    said,
                )
        self.phases.append(phase)
        return finished

    def run(self, *command: str) -> processes.Finished:
        """Run a program among the examples, cut off from the user's ZenML and Python."""
        return processes.run(
            command,
            log=self.folder / "log",
            environment=self.environment,
            folder=self.folder / "examples",
        )

    def step_error(self) -> str | None:
        """What the failed step of the newest run raised; None if ZenML doesn't know."""
        if self.run(self.python, PROBE, str(self.answer)).status:
            return None
        steps = Run.model_validate_json(self.answer.read_bytes()).steps
        return next((f"step {step.name}: {step.error}" for step in steps if step.error), None)

    @property
    def answer(self) -> Path:
        """Where the probe writes what it found."""
        return self.folder / "run.json"

    @property
    def python(self) -> str:
        """The environment's interpreter."""
        return str(self.folder / "environment" / "bin" / "python")

    @property
    def installer(self) -> Installer:
        """How this machine makes environments."""
        uv = shutil.which("uv")
        return with_uv(uv, self) if uv else with_pip(self)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of whatever is run."""
        return isolation.environment(self.python, self.folder) | {"UV_COMPILE_BYTECODE": "1"}


@dataclass(frozen=True)
class Installer:
    """Commands that make the environment, and install what follows."""

    environment: tuple[str, ...]
    install: tuple[str, ...]


def with_uv(uv: str, shop: Workshop) -> Installer:
    """The commands of uv."""
    return Installer(
        environment=(uv, "venv", "--python", sys.executable, str(shop.folder / "environment")),
        install=(uv, "pip", "install", "--python", shop.python),
    )


def with_pip(shop: Workshop) -> Installer:
    """The commands of Python alone."""
    return Installer(
        environment=(sys.executable, "-m", "venv", str(shop.folder / "environment")),
        install=(*wheel.pip(shop.python), "install"),
    )
