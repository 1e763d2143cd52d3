"""What the tests of the command line share; the costly things are made once for all processes."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sop_new.adopt.result import Adopted
from sop_new.cli import app
from sop_new.create.result import Created
from sop_new.templates import source

from tests.cli import by_hand
from tests.cli.sop_new_runs import REPOSITORY, Ran, git, succeed, uv
from tests.cli.teams import TeamTemplate
from tests.cli.versions import Make, Versions, keep
from tests.template.environments import whole_environment
from tests.template.rendering import pack
from tests.zenml.versions import NEWEST

Shared = Callable[[str, Callable[[Path], None]], Path]
SopNew = Callable[..., Ran]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """Makes a folder once, however many processes run the tests."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def made(name: str, make: Callable[[Path], None]) -> Path:
        folder, finished = root / name, root / f"{name}.finished"
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not finished.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                finished.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter of an environment with ZenML and pytest, and nothing of ours."""
    return whole_environment(NEWEST.lock) / "bin" / "python"


@pytest.fixture(scope="session")
def clone(shared: Shared) -> Path:
    """A clone of this repository in which what is not committed yet is committed."""

    def make(folder: Path) -> None:
        git(folder, "clone", "--quiet", str(REPOSITORY), ".")
        for tracked in git(folder, "ls-files", "-z").split("\0")[:-1]:
            (folder / tracked).unlink()
        listed = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in git(REPOSITORY, *listed).split("\0")[:-1]:
            if (REPOSITORY / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(REPOSITORY / name, folder / name)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--allow-empty", "--message", "As it is now")
        pack(folder)

    return shared("clone", make)


@pytest.fixture(scope="session")
def wheels(shared: Shared, clone: Path) -> Path:
    """The folder with the wheel and the sdist built from the clone."""

    def make(folder: Path) -> None:
        succeed(uv(), "build", "--quiet", "--out-dir", folder, clone, folder=folder)

    return shared("wheels", make)


@pytest.fixture(scope="session")
def installed(shared: Shared, wheels: Path) -> Path:
    """The interpreter of an environment in which the wheel is installed."""

    def make(folder: Path) -> None:
        install(wheels, folder / "environment")

    return shared("installed", make) / "environment" / "bin" / "python"


def install(wheels: Path, environment: Path) -> None:
    """Install the wheel in a folder into an environment that is made for it."""
    [wheel] = wheels.glob("*.whl")
    python = ("--python", environment / "bin" / "python")
    succeed(uv(), "venv", "--python", sys.executable, environment, folder=wheels)
    succeed(uv(), "pip", "install", *python, wheel, folder=wheels)


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of the test's own, without any defaults; and a screen of no colours."""
    file = tmp_path / "copier-settings" / "settings.yml"
    file.parent.mkdir()
    file.write_text("defaults: {}\n")
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(file))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("SOP_NEW_TEAM", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    return file


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty folder in which sop-new is run."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def sop_new(
    clone: Path, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> SopNew:
    """Runs sop-new in this process, which has no terminal, on the clone's template."""
    monkeypatch.setattr(source, "PACKAGE", clone / "generator" / "sop_new")

    def run(*arguments: str | Path) -> Ran:
        status = app.run([str(argument) for argument in arguments])
        return Ran(status, *capsys.readouterr())

    return run


@pytest.fixture
def copier(clone: Path) -> Callable[..., Path]:
    """Runs plain Copier on the clone."""

    def copy(project: Path, **answers: str) -> Path:
        data = [part for key, value in answers.items() for part in ("--data", f"{key}={value}")]
        subprocess.run(
            [
                str(Path(sys.executable).with_name("copier")),
                *("copy", "--defaults", "--overwrite", "--quiet", "--vcs-ref", "HEAD", *data),
                *(str(clone), str(project)),
            ],
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        return project

    return copy


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path / "template")


@pytest.fixture
def make(versions: Versions, here: Path) -> Make:
    """Makes a project of the newest version, and commits it."""

    def make(**answers: str) -> Path:
        return keep(versions.render(here / "zenml-acme", answers))

    return make


@pytest.fixture
def grid(here: Path) -> Path:
    """An operator as ZenML's documentation has them written, committed."""
    by_hand.write(here / "zenml-grid", by_hand.WRITTEN)
    return keep(here / "zenml-grid")


@pytest.fixture
def adopt(sop_new: SopNew) -> by_hand.Adopt:
    """Runs `sop-new adopt`, which must succeed."""

    def adopt(project: Path, *arguments: str) -> Adopted:
        ran = sop_new("adopt", project, *arguments, "--json")
        assert ran.status == 0, ran.stdout
        assert ran.stderr == ""
        return Adopted.model_validate_json(ran.stdout)

    return adopt


@pytest.fixture
def team(tmp_path: Path) -> TeamTemplate:
    return TeamTemplate(tmp_path / "acme")


@pytest.fixture
def created(sop_new: SopNew) -> Callable[..., Created]:
    def create(*arguments: str | Path) -> Created:
        ran = sop_new(*arguments, "--json")
        assert ran.status == 0, ran.stdout
        return Created.model_validate_json(ran.stdout)

    return create
