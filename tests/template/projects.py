"""Rendered projects, installed: one of each kind."""

from dataclasses import dataclass
from pathlib import Path

from tests.template.combinations import combinations
from tests.template.environments import Environment
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


def build_wheel(environment: Environment, project: Path, folder: Path) -> Path:
    """Build sdist and wheel as the README says, and give back the wheel."""
    environment.run("-m", "build", "--no-isolation", "--outdir", str(folder), folder=project)
    [wheel] = folder.glob("*.whl")
    return wheel
