"""The environment that is built for a step."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from zenml_acme._core.environment.packages import build
from zenml_acme._core.environment.packages.build import Packages, build_environment

PACKAGE = "zenml_acme"

BUILD = """
import signal, sys
from pathlib import Path
from zenml_acme._core.environment.packages import build
signal.signal(signal.SIGINT, signal.default_int_handler)
build.find_uv = lambda: sys.argv[1]
Path(sys.argv[3]).touch()
build.build_environment(build.Packages(), Path(sys.argv[2]))
"""

UV = """#!/bin/sh
cd {folder} || exit
echo "$*" >> calls
case $1 in
  venv) mkdir -p "$4/bin" && touch "$4/bin/python" ;;
  pip) {install} ;;
esac
"""


@dataclass
class FakeUv:
    """A uv that does as it is told, and writes down its command lines."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "uv"

    def does(self, install: str) -> None:
        """Set the shell command that installs packages."""
        self.path.write_text(UV.format(folder=f"'{self.folder}'", install=install))
        self.path.chmod(0o755)

    def calls(self) -> str:
        return (self.folder / "calls").read_text()

    def start_builder(self, number: int = 0) -> subprocess.Popen[bytes]:
        """Let another process build an environment."""
        started = self.folder / f"started-{number}"
        command = (sys.executable, "-c", BUILD, self.path, self.environments, started)
        return subprocess.Popen(command, stderr=subprocess.DEVNULL)

    @property
    def environments(self) -> Path:
        return self.folder / "environments"

    def lock_is_free(self) -> bool:
        [path] = self.environments.glob("*.lock")
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeUv:
    """A uv that installs nothing, as long as it is not told otherwise."""
    fake = FakeUv(tmp_path / "a folder")
    fake.folder.mkdir()
    fake.does("true")
    monkeypatch.setattr(build, "find_uv", lambda: str(fake.path))
    return fake


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


HANGS_ONCE = "mkdir once && { echo $$ > half; mv half pid; exec sleep 600; } || true"


Builder = tuple[FakeUv, subprocess.Popen[bytes], int]


@pytest.fixture
def hanging(uv: FakeUv) -> Iterator[Builder]:
    """A process that has come halfway in building an environment, and its installer."""
    uv.does(HANGS_ONCE)
    builder = uv.start_builder()
    wait_for((uv.folder / "pid").exists)
    installer = int((uv.folder / "pid").read_text())
    yield uv, builder, installer
    builder.kill()
    with suppress(ProcessLookupError):
        os.kill(installer, signal.SIGKILL)


def test_an_environment_is_built_once_however_many_processes_ask(uv: FakeUv) -> None:
    uv.does("while [ $(ls -d started-* | wc -l) -lt 8 ]; do sleep 0.05; done")

    builders = [uv.start_builder(number) for number in range(8)]

    assert [builder.wait(60) for builder in builders] == [0] * 8
    assert len(uv.calls().splitlines()) == 2
    build_environment(Packages(), uv.environments)
    assert len(uv.calls().splitlines()) == 2


def test_after_a_builder_is_killed_the_next_one_waits_for_its_installer(
    hanging: Builder,
) -> None:
    uv, builder, installer = hanging

    builder.kill()
    builder.wait()
    assert not uv.lock_is_free()
    os.kill(installer, signal.SIGKILL)
    python = build_environment(Packages(), uv.environments)

    assert python.exists()
    assert len(uv.calls().splitlines()) == 4


def test_an_interrupted_builder_leaves_nothing_behind(
    hanging: Builder,
) -> None:
    uv, builder, installer = hanging

    builder.send_signal(signal.SIGINT)

    assert builder.wait(30)
    with pytest.raises(ProcessLookupError):
        os.kill(installer, 0)
    assert uv.lock_is_free()
    assert [path.suffix for path in uv.environments.iterdir()] == [".lock"]
    assert build_environment(Packages(), uv.environments).exists()


def test_what_a_builder_left_halfway_is_not_taken_for_whole(uv: FakeUv) -> None:
    home = build_environment(Packages(), uv.environments).parents[1]
    (home / ".complete").rename(home / ".building")
    (home / "leftover").touch()

    assert build_environment(Packages(), uv.environments).parents[1] == home
    assert not (home / "leftover").exists()


def test_an_environment_that_may_be_in_use_is_not_touched(uv: FakeUv) -> None:
    home = build_environment(Packages(), uv.environments).parents[1]
    (home / ".complete").unlink()
    (home / "in use").touch()

    other = build_environment(Packages(), uv.environments).parents[1]

    assert other != home
    assert (home / "in use").exists()
    assert build_environment(Packages(), uv.environments).parents[1] == other


def test_the_date_of_its_mark_tells_when_an_environment_was_used(uv: FakeUv) -> None:
    mark = build_environment(Packages(), uv.environments).parents[1] / ".complete"
    os.utime(mark, (0, 0))

    build_environment(Packages(), uv.environments)

    assert mark.stat().st_mtime > time.time() - 60


def test_a_file_system_without_locks_is_named(uv: FakeUv, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", refuse)

    with pytest.raises(RuntimeError, match=r"has no locks .*-o flock") as caught:
        build_environment(Packages(), uv.environments)
    assert str(uv.environments) in str(caught.value)


def test_passwords_are_not_on_the_command_line_and_not_in_errors(uv: FakeUv) -> None:
    uv.does('echo "cannot reach $UV_INDEX_URL and $UV_INDEX"; exit 2')
    wanted = Packages(
        ("--extra-index-url https://me:canary@host/c", "six"),
        options=("--index-url=https://me:canary@host/a", "--no-deps"),
        variables={"UV_INDEX": "https://canary@host/b"},
    )

    with pytest.raises(RuntimeError) as caught:
        build_environment(wanted, uv.environments)

    assert r"https://***@host/a and https://***@host/b" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert "canary" not in uv.calls()
    assert " --no-deps " in uv.calls()


def test_the_list_of_packages_is_for_us_alone(uv: FakeUv) -> None:
    secret = Packages(("--index-url https://me:canary@host/simple", "six"))

    home = build_environment(secret, uv.environments).parents[1]

    assert (home / "requirements.txt").stat().st_mode & 0o077 == 0
    assert uv.environments.stat().st_mode & 0o077 == 0


def test_hashes_need_uv(tmp_path: Path) -> None:
    hashed = Packages(("six==1.16.0 --hash=sha256:0123",), prefer_pip=True)

    with pytest.raises(RuntimeError, match="install uv"):
        build_environment(hashed, tmp_path)


def test_a_folder_that_cannot_be_written_is_named(uv: FakeUv, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RuntimeError, match=r"could not be built: .*File exists"):
        build_environment(Packages(), tmp_path / "file")


def test_another_state_of_a_local_file_is_another_environment(uv: FakeUv) -> None:
    wheel = uv.folder / "own-1.0-py3-none-any.whl"
    wheel.touch()
    wanted = Packages((f"own @ {wheel.as_uri()}",))
    first = build_environment(wanted, uv.environments)
    assert build_environment(wanted, uv.environments) == first

    wheel.write_text("changed")

    assert build_environment(wanted, uv.environments) != first


@pytest.mark.parametrize(
    "other",
    [
        Packages(("six",)),
        Packages(constraints=("six<2",)),
        Packages(options=("--no-deps",)),
        Packages(variables={"CMAKE_ARGS": "-DX=1"}),
    ],
)
def test_another_wish_is_another_environment(uv: FakeUv, other: Packages) -> None:
    first = build_environment(Packages(), uv.environments)

    assert build_environment(other, uv.environments) != first
