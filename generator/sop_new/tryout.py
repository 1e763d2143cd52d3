"""`sop-new try`: a project's example pipeline, run for real, where nothing can be hurt."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from sop_new import processes
from sop_new.create import files_of
from sop_new.errors import Code, SopNewError
from sop_new.output import Phase, Run, Trial, progress

PROBE = Path(__file__).with_name("probe.py")
REACH = Path(__file__).with_name("reach.py")
SHOWN_LINES = 20
# ZenML says why a step failed, then raises an exception that does not; and an exception says more
# than the program that reports it.
TELLING = (
    re.compile(r"Failed to run step "),
    re.compile(r"\s*[\w.]*(?:Error|Exception)(?::|$)"),
    re.compile(r"\s*error:", re.IGNORECASE),
)


def tryout(destination: Path) -> Trial:
    """Install a project, register it, run its example, and read back what came of it.

    Args:
        destination: the project's folder; nothing in it is changed.

    Raises:
        SopNewError: it is no project, or one of the phases failed.
    """
    project = destination.resolve()
    _refuse(destination, project)
    try:
        with TemporaryDirectory(
            prefix="sop-new-try-", dir=_room(), ignore_cleanup_errors=True
        ) as folder:
            workshop = Workshop(destination, project, Path(folder).resolve())
            launcher = workshop.install_and_run()
            run = workshop.read_back()
    except OSError as error:
        raise SopNewError(
            Code.WRITE_FAILED,
            f"{error.filename or 'The place to work in'} can't be used: {error.strerror or error}.",
            "Make room or change the permissions; TMPDIR names another place to work in.",
        ) from error
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


def _room() -> Path:
    """Where to work: unless told otherwise, at home, which the nodes of a cluster see."""
    from platformdirs import user_cache_path

    chosen = os.environ.get("TMPDIR")
    return Path(chosen) if chosen else user_cache_path("sop-new", ensure_exists=True)


@dataclass
class Workshop:
    """The temporary folder of one trial, and what happens in it."""

    destination: Path
    project: Path
    folder: Path
    phases: list[Phase] = field(default_factory=list)

    def install_and_run(self) -> processes.Finished:
        """All phases up to the pipeline's end; returns the launcher."""
        for name in ("tmp", "wheel"):
            (self.folder / name).mkdir()
        shutil.copytree(
            self.project / "examples",
            self.folder / "examples",
            ignore=shutil.ignore_patterns(".zen", "__pycache__"),
        )
        self.phase("Make a throwaway environment", *self.installer.environment)
        self.phase("Build the project's wheel", *self.installer.wheel)
        (wheel,) = (self.folder / "wheel").glob("*.whl")
        self.phase("Install it with ZenML", *self.installer.install, str(wheel), "zenml[local]")
        self.phase("Register flavor, component and stack", self.python, "register.py", "--activate")
        self.phase("Reach the engine", self.python, str(REACH))
        return self.phase(
            "Run the example pipeline", self.python, "pipeline.py", why=self.step_error
        )

    def read_back(self) -> Run:
        """The newest run, as ZenML remembers it."""
        self.phase("Read the artifacts back", self.python, str(PROBE), str(self.answer))
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
                reason = why() or last_error(finished.lines) or f"exit status {finished.status}"
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
        if self.run(self.python, str(PROBE), str(self.answer)).status:
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
        """The user's variables without those that lead to their own ZenML and Python."""
        theirs = ("ZENML_", "PYTHON", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
        binaries = str(Path(self.python).parent)
        return kept | {
            "PATH": os.pathsep.join((binaries, kept.get("PATH", os.defpath))),
            "TMPDIR": str(self.folder / "tmp"),
            "UV_COMPILE_BYTECODE": "1",
            "AUTO_OPEN_DASHBOARD": "false",
            "ZENML_AUTO_OPEN_DASHBOARD": "false",
            "ZENML_ANALYTICS_OPT_IN": "false",
            "ZENML_CONFIG_PATH": str(self.folder / "zenml"),
            "ZENML_ENABLE_REPO_INIT_WARNINGS": "false",
            "ZENML_ENABLE_RICH_TRACEBACK": "false",
            "ZENML_LOGGING_COLORS_DISABLED": "true",
        }


@dataclass(frozen=True)
class Installer:
    """Commands that make the environment, build a wheel, and install what follows."""

    environment: tuple[str, ...]
    wheel: tuple[str, ...]
    install: tuple[str, ...]


def with_uv(uv: str, shop: Workshop) -> Installer:
    """The commands of uv."""
    return Installer(
        environment=(uv, "venv", "--python", sys.executable, str(shop.folder / "environment")),
        # Installed from its folder, uv would take an older build of the project from its cache.
        wheel=(
            *(uv, "build", "--wheel", "--python", shop.python),
            *("--out-dir", str(shop.folder / "wheel"), str(shop.project)),
        ),
        install=(uv, "pip", "install", "--python", shop.python),
    )


def with_pip(shop: Workshop) -> Installer:
    """The commands of Python alone."""
    pip = (shop.python, "-m", "pip", "--disable-pip-version-check")
    return Installer(
        environment=(sys.executable, "-m", "venv", str(shop.folder / "environment")),
        wheel=(
            *(*pip, "wheel", "--no-deps"),
            *("--wheel-dir", str(shop.folder / "wheel"), str(shop.project)),
        ),
        install=(*pip, "install"),
    )


def last_error(lines: tuple[str, ...]) -> str | None:
    """The line of a program's output that most likely says why it failed."""
    for telling in TELLING:
        if found := [line for line in lines if telling.match(line)]:
            return found[-1].strip()
    return lines[-1] if lines else None
