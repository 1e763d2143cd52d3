"""What of a package on this machine makes another environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from zenml_acme._core.environment.packages.build import Packages, build_environment
from zenml_acme._core.environment.packages.content import state_of

from tests.core.units.host.test_build import FakeUv, uv

__all__ = ["uv"]

Edit = Callable[[Path], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package with what lies in the folders of packages."""
    folder = tmp_path / "lib"
    for name in ("src/mylib/__init__.py", "src/mylib/data.csv", "pyproject.toml", "run.py"):
        write(name)(folder)
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere").symlink_to(folder / "absent")
    os.mkfifo(folder / "pipe")
    return folder


def write(name: str) -> Edit:
    def edit(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write("more\n")

    return edit


def keep_the_date(folder: Path) -> None:
    path = folder / "src/mylib/__init__.py"
    before = path.stat()
    path.write_text("less\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def touch(folder: Path) -> None:
    for path in folder.rglob("*.py"):
        os.utime(path, (0, 0))


def add_an_environment(folder: Path) -> None:
    write("venv/pyvenv.cfg")(folder)
    write("venv/lib/six.py")(folder)


def add_a_cache(folder: Path) -> None:
    write("cache/CACHEDIR.TAG")(folder)
    write("cache/module.py")(folder)


def test_the_state_of_nothing_is_no_error(tmp_path: Path) -> None:
    assert state_of(tmp_path / "absent", editable=False) == ""


@pytest.mark.parametrize("spelling", ["{}", "lib @ {}", "file://{}", "file:{}[extra]"])
@pytest.mark.parametrize(
    "edit", [write("src/mylib/__init__.py"), write("src/mylib/data.csv"), keep_the_date]
)
def test_another_content_of_a_folder_is_another_environment(
    uv: FakeUv, folder: Path, edit: Edit, spelling: str
) -> None:
    wanted = Packages((spelling.format(folder),))
    first = build_environment(wanted, uv.environments)

    edit(folder)

    assert build_environment(wanted, uv.environments) != first


@pytest.mark.parametrize(
    "edit",
    [
        touch,
        add_an_environment,
        add_a_cache,
        write(".git/HEAD"),
        write(".venv/lib/six.py"),
        write("node_modules/x/index.js"),
        write("src/mylib/__pycache__/x.pyc"),
        write("src/mylib.egg-info/SOURCES.txt"),
        write("build/lib/mylib.py"),
        write("dist/mylib.whl"),
    ],
)
def test_what_is_not_installed_of_a_folder_does_not_count(
    uv: FakeUv, folder: Path, edit: Edit
) -> None:
    wanted = Packages((str(folder),))
    first = build_environment(wanted, uv.environments)

    edit(folder)

    assert build_environment(wanted, uv.environments) == first


@pytest.mark.parametrize(
    ("edit", "counts"),
    [
        (write("src/mylib/__init__.py"), False),
        (write("src/mylib/more.py"), False),
        (write("run.py"), False),
        (write("logs/out.log"), False),
        (write("src/mylib/part/__init__.py"), True),
        (write("another.py"), True),
        (write("pyproject.toml"), True),
        (write("setup.py"), True),
        (write("requirements.txt"), True),
    ],
)
def test_of_an_editable_folder_counts_what_is_not_read_where_it_lies(
    uv: FakeUv, folder: Path, edit: Edit, counts: bool
) -> None:
    wanted = Packages((f"-e {folder.as_uri()}",))
    first = build_environment(wanted, uv.environments)

    edit(folder)

    assert (build_environment(wanted, uv.environments) != first) is counts
