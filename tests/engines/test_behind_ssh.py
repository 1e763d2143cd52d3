"""Pipelines whose steps run behind ssh; `make engines` starts a ZenML server and an S3 for them."""

import hashlib
import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.engines.server import LOCK
from tests.engines.test_engines import SLURM, SSH, Engine
from tests.template.environments import lay_over, whole_environment
from tests.template.projects import NAME, SOURCE
from tests.template.rendering import REPOSITORY, copy_template, render

FLOW = Path(__file__).parent / "workspace"
SOP_NEW = REPOSITORY / ".venv" / "bin" / "sop-new"


@dataclass
class Launcher:
    """Where pipelines are started whose steps run behind ssh.

    Attributes:
        engine: that runs them there.
        python: the interpreter with ZenML and the project.
        here: its folder.
        there: the one of its jobs, on the other machine.
        secret: what its steps have in their environment.
    """

    engine: Engine
    python: Path
    here: Path
    there: Path
    secret: str = field(default_factory=lambda: secrets.token_hex())

    @property
    def marks(self) -> Path:
        """Where a step that waits leaves its mark."""
        return self.there / "marks"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            # No client of the engine's has a word here.
            if not name.startswith(("ZENML_", "SLURM_"))
            and name not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        return subprocess.Popen(
            [self.python, "behind.py", *arguments],
            cwd=self.here / "flow",
            env=kept
            | {
                "MARKS": str(self.marks),
                "PATH": os.pathsep.join(
                    (os.environ["TEST_LOGIN_BIN"], str(Path(sys.executable).parent), kept["PATH"])
                ),
                "SECRET": self.secret,
                "TMPDIR": str(self.here / "tmp"),
                "ZENML_ANALYTICS_OPT_IN": "false",
                "ZENML_CONFIG_PATH": str(self.here / "zenml"),
                "ZENML_DYNAMIC_PIPELINE_MONITORING_INTERVAL": "0.2",
                "ZENML_STORE_URL": os.environ["TEST_ZENML_SERVER"],
                "ZENML_STORE_USERNAME": "tester",
                "ZENML_STORE_PASSWORD": os.environ["TEST_ZENML_PASSWORD"],
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Whoever started these tests in a shell's background lets them ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def run(self, *arguments: str) -> str:
        """What a process said that came to a good end."""
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=240)
        assert process.returncode == 0, said
        return said

    def start_waiting(self) -> subprocess.Popen[str]:
        """Start a run whose step waits, and let it come so far."""
        shutil.rmtree(self.marks, ignore_errors=True)
        self.marks.mkdir()
        self.marks.chmod(0o1777)
        process = self.start("waiting")
        wait_for(lambda: list(self.marks.iterdir()) or process.poll() is not None)
        assert process.poll() is None, process.communicate()[0]
        return process

    def last_run(self) -> tuple[str, dict[str, str]]:
        """The status of the last run, and those of its steps there."""
        [last] = told(self.run("last"), "LAST")
        return last["status"], last["steps"]

    def remains(self, step: str) -> list[str]:
        """What a step has left in its folders, both here and there."""
        return sorted(
            path.name
            for folder in (self.there, self.here / "zenml")
            for found in folder.rglob(f"*{step}*")
            for path in (found.iterdir() if found.is_dir() else [found])
        )

    def assert_nothing_runs(self) -> None:
        assert not [
            process
            for process in Path("/proc").glob("[0-9]*")
            if folder_of(process).is_relative_to(self.there)
        ]
        if self.engine is SLURM:
            # A job that has ended may be completing.
            wait_for(lambda: not self.queued(), seconds=30)

    def queued(self) -> bool:
        """Whether Slurm has a job of these that has not ended."""
        told = subprocess.run(
            ("squeue", "--noheader", "--format=%Z"),
            env=os.environ | self.engine.variables,
            check=True,
            capture_output=True,
            text=True,
        )
        return str(self.there) in told.stdout

    def listings(self) -> str:
        """What Slurm tells everybody of its jobs."""
        said = ""
        for command in (
            ("squeue", "--noheader", "--format=%all"),
            ("scontrol", "show", "jobs", "--details"),
        ):
            said += subprocess.run(
                command, env=os.environ | self.engine.variables, capture_output=True, text=True
            ).stdout
        return said


def folder_of(process: Path) -> Path:
    try:
        return (process / "cwd").readlink()
    except OSError:
        return Path("/nowhere")


def told(said: str, word: str) -> list[Any]:
    """What a launcher printed after a word."""
    return [
        json.loads(line.partition(f"{word} ")[2])
        for line in said.splitlines()
        if f"{word} " in line
    ]


def wait_for(condition: Callable[[], object], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def launcher(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    for name in ("TEST_LOGIN_BIN", "TEST_ZENML_SERVER"):
        if name not in os.environ:
            pytest.skip(f"no {name} in the environment: run `make engines test-engines`")
    assert engine.variables or engine is SSH
    place = os.environ["TEST_LOGIN_PLACE"]
    here = Path(tempfile.mkdtemp(prefix="launcher-", dir=place))
    there = Path(tempfile.mkdtemp(prefix="pipelines-", dir=place))
    # What is in them has to keep others out by itself.
    here.chmod(0o755)
    there.chmod(0o1777)
    folder = tmp_path_factory.mktemp("behind-ssh")
    project = render(copy_template(folder / "template"), folder / NAME, {"backend": engine.backend})
    environment = lay_over(whole_environment(LOCK), folder / "environment")
    environment.install("--editable", str(project))
    (here / "tmp").mkdir()
    shutil.copytree(FLOW, here / "flow")
    launcher = Launcher(engine, environment.python, here, there)
    launcher.run("register", SOURCE, json.dumps({"ssh_host": "login", "workdir": str(there)}))
    yield launcher
    shutil.rmtree(here)
    shutil.rmtree(there)


@pytest.fixture(autouse=True)
def nobody_sees_the_secret(launcher: Launcher) -> Iterator[None]:
    """Look, as long as a test runs, where everybody of either machine can look."""
    seen: list[str] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            seen.extend(arguments_with(launcher.secret))

    def look_around() -> None:
        while not over.wait(0.5):
            seen.extend(files_with(launcher))
            if launcher.engine is SLURM and launcher.secret in launcher.listings():
                seen.append("a listing")

    watchers = [threading.Thread(target=each) for each in (look, look_around)]
    for each in watchers:
        each.start()
    yield
    over.set()
    for each in watchers:
        each.join()
    assert not seen + files_with(launcher)


def arguments_with(secret: str) -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if secret.encode() in process.read_bytes():
                yield str(process)
        except OSError:
            continue


def files_with(launcher: Launcher) -> list[str]:
    """The files with the secret that others can read."""
    found = []
    for top in (launcher.here, launcher.there):
        for folder, folders, files in os.walk(top):
            # The packages of an environment are the index's.
            folders[:] = [
                name
                for name in folders
                if name != "site-packages" and may(Path(folder, name), stat.S_IXOTH)
            ]
            for file in (Path(folder, name) for name in files):
                try:
                    if may(file, stat.S_IROTH) and launcher.secret.encode() in file.read_bytes():
                        found.append(str(file))
                except OSError:
                    continue
    return found


def may(path: Path, right: int) -> bool:
    try:
        return bool(path.stat().st_mode & right)
    except OSError:
        return False


# Their launchers share a server, and look for the last run on it.
pytestmark = pytest.mark.xdist_group("behind-ssh")


def on(**engines: Engine) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "engine",
        [pytest.param(engine, id=name) for name, engine in engines.items()],
        scope="module",
    )


@on(slurm=SLURM, ssh=SSH)
def test_steps_succeed_and_leave_nothing(launcher: Launcher) -> None:
    [seen] = told(launcher.run("succeeding"), "SEEN")

    assert seen["user"] == launcher_account()
    assert seen["word"] == "from the source tree"
    assert seen["secret"] == hashlib.sha256(launcher.secret.encode()).hexdigest()
    status, steps = launcher.last_run()
    assert (status, [*steps.values()]) == ("completed", ["completed"])
    assert not [left for step in steps for left in launcher.remains(step)]
    launcher.assert_nothing_runs()


def launcher_account() -> int:
    return Path(os.environ["TEST_LOGIN_PLACE"], "home").stat().st_uid


@on(slurm=SLURM)
def test_eight_steps_run_at_once(launcher: Launcher) -> None:
    launcher.run("eight")

    status, steps = launcher.last_run()
    assert (status, [*steps.values()]) == ("completed", ["completed"] * 8)
    assert not [left for step in steps for left in launcher.remains(step)]
    launcher.assert_nothing_runs()


@on(slurm=SLURM)
def test_a_step_that_fails_says_why_and_leaves_its_log(launcher: Launcher) -> None:
    process = launcher.start("failing")
    said, _ = process.communicate(timeout=240)

    assert process.returncode != 0
    assert "the step fails on purpose" in said
    status, steps = launcher.last_run()
    assert (status, [*steps.values()]) == ("failed", ["failed"])
    [step] = steps
    remains = launcher.remains(step)
    assert "output.log" in remains
    assert not {"run", "source"} & {*remains}
    launcher.assert_nothing_runs()


@on(slurm=SLURM)
def test_an_interrupt_ends_the_job_before_its_launcher(launcher: Launcher) -> None:
    process = launcher.start_waiting()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)

    assert process.returncode != 0
    launcher.assert_nothing_runs()
    status, steps = launcher.last_run()
    assert not {status, *steps.values()} & {"initializing", "running", "completed"}


@on(slurm=SLURM)
def test_the_job_of_a_launcher_that_was_killed_is_found_and_cancelled(
    launcher: Launcher,
) -> None:
    process = launcher.start_waiting()
    process.kill()
    process.communicate()

    assert "FOUND running" in launcher.run("find")
    wait_for(lambda: not launcher.queued(), seconds=60)
    launcher.assert_nothing_runs()


@on(ssh=SSH)
def test_trying_a_backend_uses_the_users_server_and_leaves_it_as_it_was(launcher: Launcher) -> None:
    [before] = told(launcher.run("names"), "NAMES")
    tried = subprocess.run(
        [SOP_NEW, "try", "--backend", "ssh", "--option", "ssh_host=login", "--json"],
        # What the user is connected to is told by ZenML's configuration alone.
        env={name: value for name, value in os.environ.items() if not name.startswith("ZENML_")}
        | {
            "PATH": os.pathsep.join(
                (os.environ["TEST_LOGIN_BIN"], str(SOP_NEW.parent), os.environ["PATH"])
            ),
            "TMPDIR": str(launcher.here / "tmp"),
            "ZENML_CONFIG_PATH": str(launcher.here / "zenml"),
        },
        capture_output=True,
        text=True,
    )

    assert tried.returncode == 0, tried.stderr
    answer = json.loads(tried.stdout)
    assert answer["run"]["status"] == "completed"
    assert [*answer["run"]["steps"][0]["job"]] == ["process_group"]
    assert told(launcher.run("names"), "NAMES") == [before]
    assert not list((launcher.here / "tmp").iterdir())
