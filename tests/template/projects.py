"""Rendered projects, installed: one of each kind."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.template.combinations import combinations
from tests.template.environments import Environment, find_uv
from tests.template.rendering import read_questions

# The answers that decide about the code.
DECISIVE = ("backend", "runtime")
KINDS: dict[str, dict[str, str]] = {
    "-".join(decided.values()): decided
    for answers in combinations(read_questions())
    if (decided := {name: answers[name] for name in DECISIVE if name in answers})
}
NAME = "zenml-acme"
PACKAGE = "zenml_acme"
SOURCE = f"{PACKAGE}.flavor.AcmeStepOperatorFlavor"


@dataclass(frozen=True)
class Project:
    """A rendered project and an environment in which it is installed, editable."""

    kind: str
    folder: Path
    environment: Environment

    @property
    def modules(self) -> set[str]:
        """Every file of the package, as a path in the project."""
        return {
            path.relative_to(self.folder).as_posix()
            for path in (self.folder / PACKAGE).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    def run(self, *arguments: str, **variables: str) -> str:
        return self.environment.run(*arguments, folder=self.folder, **variables)


def check(
    project: Path, python: Path, *options: str, folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run `sop-new check` on a project.

    Args:
        project: its folder.
        python: an interpreter with ZenML and pytest.
        options: of the command.
        folder: where it runs.
        variables: more of its environment.
    """
    # It builds the project's wheel by uv.
    path = f"{Path(find_uv()).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [Path(sys.executable).with_name("sop-new"), "check", project, "--python", python, *options],
        cwd=folder,
        env=os.environ | {"PATH": path} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def build_wheel(environment: Environment, project: Path, folder: Path) -> Path:
    """Build sdist and wheel as the README says, and give back the wheel."""
    environment.run("-m", "build", "--no-isolation", "--outdir", str(folder), folder=project)
    [wheel] = folder.glob("*.whl")
    return wheel
