"""`sop-new try`: a project's example pipeline, run for real, where nothing can be hurt."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sop_new.errors import Code, SopNewError
from sop_new.guests import COMPONENT, LODGING, PROBE, REACH
from sop_new.printing import Phase, progress
from sop_new.projects.project import files_of
from sop_new.projects.stubs import stubs_of
from sop_new.running import isolation, processes, wheel
from sop_new.tryout.result import Run, Trial
from sop_new.tryout.server import Server, own_server
from sop_new.tryout.throwaway import make_project

SHOWN_LINES = 20


def tryout(destination: Path | None, *, backend: str | None, options: Sequence[str]) -> Trial:
    """Install a project, register it, run its example, and read back what came of it.

    Args:
        destination: the project's folder; nothing in it is changed.
        backend: without a project, that of one that is made for this.
        options: of the step operator, as NAME=VALUE.

    Raises:
        SopNewError: it is no project, or one of the phases failed.
    """
    if (destination is None) == (backend is None):
        raise SopNewError(
            Code.USAGE,
            "There is nothing to try." if destination is None else "A project has its backend.",
            "Name a project's folder, as in sop-new try zenml-acme; or a backend alone: "
            "sop-new try --backend slurm",
        )
    for option in options:
        name, equals, _ = option.partition("=")
        if not (name and equals):
            raise SopNewError(
                Code.USAGE,
                f"--option {option} is no option of a step operator.",
                "Write it as NAME=VALUE: --option ssh_host=login",
            )
    with isolation.workroom("try") as folder:
        named = destination or make_project(backend or "", folder)
        project = named.resolve()
        _refuse(named, project, options)
        again = [str(destination)] if destination else ["--backend", backend or ""]
        again += [word for option in options for word in ("--option", option)]
        more = "" if options else " (--option NAME=VALUE sets an option of it)"
        workshop = Workshop(shlex.join(["sop-new", "try", *again]) + more, project, folder)
        launcher, run = workshop.install_and_run(options)
        files = files_of(project)
    return Trial(
        project=str(project) if destination else project.name,
        files=files,
        phases=workshop.phases,
        launcher_process_id=launcher.pid,
        run=run,
        next=[f"sop-new zenml-acme --backend {backend}"] if backend else [],
    )


def _refuse(destination: Path, project: Path, options: Sequence[str]) -> None:
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
    if options and '"--option"' not in (project / "examples" / "register.py").read_text("utf-8"):
        raise SopNewError(
            Code.TRY_FAILED,
            "The project's examples/register.py takes no options.",
            "Run sop-new update in it first.",
        )


@dataclass
class Workshop:
    """The temporary folder of one trial, and what happens in it.

    Attributes:
        command: runs the trial again, in words for a hint.
        project: what is tried.
        folder: the temporary folder.
        server: the ZenML server that the steps report to, if they run on another machine.
        phases: those that are done.
    """

    command: str
    project: Path
    folder: Path
    server: Server | None = None
    phases: list[Phase] = field(default_factory=list)

    def install_and_run(self, options: Sequence[str]) -> tuple[processes.Finished, Run]:
        """All phases; returns the launcher, and the run as ZenML remembers it."""
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
        given = [f"--option={option}" for option in options]
        with self.lodging(options) as store:
            register = ("register.py", "--activate", *given, *store)
            self.phase("Register flavor, component and stack", self.python, *register)
            self.phase("Reach the engine", self.python, REACH)
            launcher = self.phase(
                "Run the example pipeline", self.python, "pipeline.py", why=self.step_error
            )
            run = Run.model_validate(self.told("Read the artifacts back", PROBE))
        return launcher, run

    @contextmanager
    def lodging(self, options: Sequence[str]) -> Iterator[Sequence[str]]:
        """A ZenML that the steps reach: one of the trial's own, or the user's server.

        Yields:
            How the artifact store is named to the project's examples, if it is not ZenML's default.
        """
        if not options or not self.told("Read the options", COMPONENT, *options):
            yield ()
            return
        self.server = own_server()
        self.server.connect(self.folder / "zenml")
        url = self.server.url
        zenml = f"zenml[local]=={self.told(f'Ask {url} for its version', LODGING, 'version')}"
        self.phase("Install that ZenML", *self.installer.install, zenml)
        store, needed, _ = found = self.told("Look for a place on it", LODGING, "look")
        try:
            if needed:
                needs = (zenml, *needed)
                self.phase(f"Install what {store} needs", *self.installer.install, *needs)
            yield (f"--artifact-store={store}",)
        finally:
            self.answer.write_text(json.dumps(found), encoding="utf-8")
            self.phase("Leave it as it was", self.python, LODGING, str(self.answer), "leave")

    def told(self, name: str, guest: str, *arguments: str) -> Any:
        """Run a guest as a phase; what it answers."""
        self.phase(name, self.python, guest, str(self.answer), *arguments)
        return json.loads(self.answer.read_bytes())

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
                    f"mend it, then run: {self.command}",
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
        variables = isolation.environment(self.python, self.folder)
        theirs = self.server.variables if self.server else {}
        return variables | {"UV_COMPILE_BYTECODE": "1"} | dict(theirs)


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
