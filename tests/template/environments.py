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
RUNNING = "{}.{}".format(*sys.version_info)
"""The version of the Python that runs this, as in "3.12"."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment whose interpreter also sees the packages of `base`.

    Attributes:
        folder: where it is.
        base: another environment.
        stand_in: what is started in the place of its interpreter.
    """

    folder: Path
    base: Path
    stand_in: Path | None = None

    @property
    def python(self) -> Path:
        return self.stand_in or self.folder / "bin" / "python"

    def run(self, *arguments: str, folder: Path, **variables: str) -> str:
        """What Python printed, started in `folder`. ZenML keeps its state in this environment.

        Raises:
            AssertionError: if it failed; the message is all it said.
        """
        fixed = {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
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
        uv(
            *("pip", "install", "--offline", "--no-deps", "--no-build-isolation"),
            *("--python", str(self.python), *requirements),
        )

    def show_uv(self) -> None:
        """Let a project find uv where it looks for it first: `make` may have brought its own."""
        (self.folder / "bin" / "uv").symlink_to(find_uv())


def whole_environment(lock: Path, python: str = sys.executable) -> Path:
    """The environment that `lock` describes, built unless it is there already."""
    version = _run([python, "-c", "import sys; print(sys.version)"])
    key = hashlib.sha256(lock.read_bytes() + version.encode()).hexdigest()[:12]
    folder = CACHE / f"env-{key}"
    finished = folder / "finished"
    with locked(CACHE / f"env-{key}.lock"):
        if not finished.exists():
            uv("venv", "--clear", "--python", python, str(folder))
            inside = str(folder / "bin" / "python")
            uv("pip", "install", "--python", inside, "--requirement", str(lock))
            finished.touch()
    return folder


def lay_over(base: Path, folder: Path) -> Environment:
    """A thin environment in `folder` that sees what `base` holds, without copying it."""
    environment = Environment(folder, base)
    uv("venv", "--python", str(base / "bin" / "python"), str(folder))
    [packages] = base.glob("lib/python*/site-packages")
    [own] = folder.glob("lib/python*/site-packages")
    # As a folder of packages, not as a mere path: setuptools brings distutils by a .pth file there.
    see = f"import site; site.addsitedir({str(packages)!r})\n"
    (own / "base.pth").write_text(see, encoding="utf-8")
    return environment


def find_python(version: str) -> str | None:
    """An interpreter of `version`, as in "3.12": the one that runs this, or one on PATH."""
    if version == RUNNING:
        return sys.executable
    try:
        return uv("python", "find", "--system", version).strip()
    except AssertionError:
        return None


def uv(*arguments: str, text: str = "") -> str:
    """What uv printed, given `text` on its standard input.

    Raises:
        AssertionError: if it failed; the message is all it said.
    """
    return _run([find_uv(), *arguments], text)


def find_uv() -> str:
    # `make` may have brought uv into the environment that runs the tests.
    here = Path(sys.executable).parent
    program = shutil.which("uv", path=f"{here}{os.pathsep}{os.environ['PATH']}")
    assert program, "uv is missing: run the tests by `make test`"
    return program


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold back the other test processes."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(command: Sequence[str], text: str = "") -> str:
    result = subprocess.run(command, input=text, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
