"""Environments with ZenML: a whole one, kept in .cache, and thin ones laid over it."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.template.rendering import REPOSITORY

CACHE = REPOSITORY / ".cache"
REQUIREMENTS = REPOSITORY / "tests" / "requirements-zenml.txt"


@dataclass(frozen=True)
class Environment:
    """A virtual environment whose interpreter also sees the packages of `base`."""

    folder: Path
    base: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(self, *arguments: str, folder: Path, **variables: str) -> str:
        """What Python printed, started in `folder`. ZenML keeps its state in this environment.

        Raises:
            AssertionError: if it failed; the message is all it said.
        """
        fixed = {
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}",
            "ZENML_ANALYTICS_OPT_IN": "false",
            "ZENML_CONFIG_PATH": str(self.folder / "zenml"),
        }
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "VIRTUAL_ENV") and not name.startswith("ZENML_")
        }
        result = subprocess.run(
            [str(self.python), *arguments],
            cwd=folder,
            env=inherited | fixed | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    def run_script(self, name: str, *arguments: str, folder: Path, **variables: str) -> str:
        """The same for a console script of `base`, run by this environment's interpreter."""
        script = str(self.base / "bin" / name)
        return self.run(script, *arguments, folder=folder, **variables)

    def install(self, *requirements: str) -> None:
        _uv(
            *("pip", "install", "--offline", "--no-deps", "--no-build-isolation"),
            *("--python", str(self.python), *requirements),
        )


def whole_environment() -> Path:
    """The environment of requirements-zenml.txt, built unless it is there already."""
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = CACHE / f"env-{key}"
    finished = folder / "finished"
    with _locked(CACHE / f"env-{key}.lock"):
        if not finished.exists():
            _uv("venv", "--clear", "--python", sys.executable, str(folder))
            python = str(folder / "bin" / "python")
            _uv("pip", "install", "--python", python, "--requirement", str(REQUIREMENTS))
            finished.touch()
    return folder


def lay_over(base: Path, folder: Path) -> Environment:
    """A thin environment in `folder` that sees what `base` holds, without copying it."""
    environment = Environment(folder, base)
    _uv("venv", "--python", sys.executable, str(folder))
    [packages] = base.glob("lib/python*/site-packages")
    [own] = folder.glob("lib/python*/site-packages")
    (own / "base.pth").write_text(f"{packages}\n", encoding="utf-8")
    return environment


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold back the other test processes."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _uv(*arguments: str) -> None:
    # `make` may have brought uv into the environment that runs the tests.
    here = Path(sys.executable).parent
    uv = shutil.which("uv", path=f"{here}{os.pathsep}{os.environ['PATH']}")
    assert uv, "uv is missing: run the tests by `make test`"
    _run([uv, *arguments])


def _run(command: Sequence[str]) -> None:
    result = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert result.returncode == 0, result.stdout
