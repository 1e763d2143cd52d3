"""A job on a host, from its envelope to what is left of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from zenml_acme._core.engine import Host, Job, JobState, Phase
from zenml_acme._core.environment.bootstrap import descendants
from zenml_acme._core.environment.job_folder import JobFolder
from zenml_acme._core.environment.source_tree import archive_tree
from zenml_acme._core.resources import Resources

SHOW = """
import json, os, signal, sys
from pathlib import Path
seen = {
    "argv": sys.argv[1:],
    "folder": os.getcwd(),
    "python": sys.executable,
    "interrupts": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "variables": dict(os.environ),
    "modes": {str(p): p.stat().st_mode & 0o077 for p in Path().resolve().parent.rglob("*")},
    "umask": os.umask(0),
}
print(json.dumps(seen))
"""
LINUX = sys.platform == "linux"


class Started:
    """A job that was started, and maybe started again."""

    def __init__(self, folder: JobFolder, arguments: tuple[str, ...]) -> None:
        """Take its folder, and what runs it."""
        self.folder = folder
        self.arguments = arguments
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, **variables: str) -> subprocess.Popen[str]:
        """Start it as an engine does; no other `python` may be found."""
        environment = {"PATH": "/nowhere", "PYTHONPATH": os.pathsep.join(sys.path)}
        # As in a shell's background.
        ignoring = ("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh")
        with self.folder.log.open("a") as log:
            process = subprocess.Popen(
                (*ignoring, sys.executable, *self.arguments),
                cwd=self.folder.path,
                env=environment | variables,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                umask=0o027,
            )
        self.processes.append(process)
        return process

    def run(self, **variables: str) -> Any:
        """Run it to a good end; return what `show.py` has seen."""
        assert self.start(**variables).wait(30) == 0, self.log
        return json.loads(self.log)

    @property
    def log(self) -> str:
        return str(self.folder.logs(1_000_000))

    def wait_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, self.log
            time.sleep(0.01)


Prepare = Callable[..., Started]


@pytest.fixture
def prepare(tmp_path: Path) -> Iterator[Prepare]:
    """Prepare a job; nothing of it is left."""
    root = tmp_path / "root"
    (root / "package").mkdir(parents=True)
    (root / "show.py").write_text(SHOW)
    (root / "package" / "main.py").write_text(SHOW)
    archive = archive_tree(root, tmp_path / "sources", 1)
    folder = JobFolder(tmp_path / "a job's home")
    jobs: list[Started] = []

    def prepare(
        *command: str,
        environment: Mapping[str, str] | None = None,
        timeout_seconds: int | None = None,
        source: Path = archive,
        within: Sequence[str] = (),
        warning: str = "",
    ) -> Started:
        job = Job(
            name="job",
            command=command,
            environment=environment or {},
            resources=Resources(),
            timeout_seconds=timeout_seconds,
            options=SimpleNamespace(),
            runtime=Host(Path(sys.executable), source),
            labels={},
        )
        jobs.append(Started(folder, folder.prepare(job, "NUMBER", within, warning)))
        return jobs[-1]

    yield prepare
    for process in [process for job in jobs for process in job.processes]:
        process.kill()
        process.wait()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_command_runs_in_a_source_tree_and_a_zenml_of_its_own(prepare: Prepare) -> None:
    job = prepare("python", "show.py")
    shown = job.run(ZENML_STORE_URL="of the launcher")

    source = str(job.folder.run / "source")
    assert shown["folder"] == source
    assert shown["variables"]["ZENML_CUSTOM_SOURCE_ROOT"] == source
    assert shown["variables"]["ZENML_REPOSITORY_PATH"] == source
    assert shown["variables"]["ZENML_CONFIG_PATH"] == str(job.folder.run / "zenml")
    assert "ZENML_STORE_URL" not in shown["variables"]


def test_arguments_arrive_as_they_were_given(prepare: Prepare) -> None:
    awkward = ["a b", "'", '"', "$HOME", "line\nbreak", "", "☃"]

    assert prepare("python", "show.py", *awkward).run()["argv"] == awkward


def test_variables_arrive_whatever_they_are_called_and_hold(prepare: Prepare) -> None:
    # None of the first three can be set by a shell.
    awkward = {
        "db-password": "a b",
        "UID": "x",
        "variable": "'\"$HOME`e`",
        "PATH": "/elsewhere",
        "EMPTY": "",
        "LINES": "one\ntwo\n",
        "LONG": "x" * 100_000,
        "☃": "\N{SNOWMAN}",
    }
    shown = prepare("python", "show.py", environment=awkward).run()["variables"]

    assert {name: shown[name] for name in {*awkward} - {"PATH"}} | {
        "PATH": shown["PATH"].rpartition(os.pathsep)[2]
    } == awkward


def test_a_bare_python_is_the_one_of_the_environment(prepare: Prepare) -> None:
    assert prepare("python", "show.py").run()["python"] == sys.executable


def test_a_command_can_be_interrupted_and_buffers_no_last_words(prepare: Prepare) -> None:
    shown = prepare("python", "show.py").run()

    assert shown["interrupts"]
    assert shown["variables"]["PYTHONUNBUFFERED"] == "1"


def test_a_program_that_starts_the_command_is_given_all_of_it(prepare: Prepare) -> None:
    job = prepare(
        "python", "x y", within=(sys.executable, "show.py"), environment={"TOKEN": "secret"}
    )
    shown = job.run()

    assert shown["argv"] == [sys.executable, "x y"]
    assert shown["variables"]["TOKEN"] == "secret"
    assert shown["folder"] == str(job.folder.run / "source")


def test_a_module_of_the_source_tree_can_be_the_command(prepare: Prepare) -> None:
    assert prepare("python", "-m", "package.main", "x").run()["argv"] == ["x"]


def test_the_source_tree_is_for_us_alone_and_nothing_else(prepare: Prepare) -> None:
    shown = prepare("python", "show.py").run()

    assert shown["umask"] == 0o027
    assert shown["modes"]
    assert not any(shown["modes"].values())


def test_programs_of_the_environment_are_found(prepare: Prepare) -> None:
    # Those of conda as well, which are no virtual environments.
    folders = prepare("python", "show.py").run()["variables"]["PATH"].split(os.pathsep)

    assert folders == [str(Path(sys.executable).parent), "/nowhere"]


def test_a_broken_pipe_ends_a_program_as_usual(prepare: Prepare) -> None:
    job = prepare("/bin/sh", "-c", "kill -PIPE $$; echo survived")

    assert job.start().wait(30) == 128 + signal.SIGPIPE
    assert job.log == ""


@pytest.mark.parametrize(
    ("program", "code", "why"),
    [("no-such-program", 127, "No such file"), ("./show.py", 126, "Permission denied")],
)
def test_a_command_that_cannot_be_started_is_named(
    prepare: Prepare, program: str, code: int, why: str
) -> None:
    job = prepare(program, "x")

    assert job.start().wait(30) == code
    assert job.log.startswith(f"{program} cannot be started: {why}")
    assert job.folder.record() == JobState.ended_with(code)


def test_a_source_tree_that_cannot_be_unpacked_says_so(prepare: Prepare, tmp_path: Path) -> None:
    job = prepare("true", source=tmp_path / "gone.tar.gz")

    assert job.start().wait(30) == 1
    assert "cannot be started" in job.log
    assert "gone.tar.gz" in job.log


@pytest.mark.parametrize(
    ("script", "state"),
    [
        ("exit 0", JobState(Phase.SUCCEEDED, 0)),
        ("exit 3", JobState.ended_with(3)),
        ("kill -KILL $$", JobState.ended_with(137)),
    ],
)
def test_the_end_is_noted_and_the_log_alone_is_kept(
    prepare: Prepare, script: str, state: JobState
) -> None:
    job = prepare("/bin/sh", "-c", f"echo said; {script}")
    code = job.start().wait(30)

    assert code == state.exit_code
    assert job.folder.record() == state
    assert job.log == "said\n"
    assert names(job.folder.path) == {"claim", "end", "labels.json", "output.log"}


def test_no_secret_is_on_disk_once_the_command_runs(prepare: Prepare) -> None:
    canary = "canary-4f1d0c"
    environment = {"KEY": canary, "PATH": os.defpath}
    job = prepare("/bin/sh", "-c", "echo up; exec sleep 60", environment=environment)
    [envelope] = job.folder.path.glob("envelope-*")
    assert envelope.stat().st_mode & 0o777 == 0o600
    assert job.folder.path.stat().st_mode & 0o777 == 0o700
    process = job.start()
    job.wait_until(lambda: job.log == "up\n")

    assert process.poll() is None
    found = [path for path in job.folder.path.rglob("*") if path.is_file()]
    assert found
    assert not [path for path in found if canary.encode() in path.read_bytes()]


def test_who_comes_second_touches_nothing(prepare: Prepare) -> None:
    path = {"PATH": os.defpath}
    first = prepare("/bin/sh", "-c", "echo run; exec sleep 60", environment=path)
    # The same, sent twice; and another submission of the same job.
    second = prepare("/bin/sh", "-c", "echo again")
    process = first.start(NUMBER="1")
    first.wait_until(lambda: first.log)
    before = names(first.folder.path)

    assert first.start(NUMBER="2").wait(30) == 0
    assert second.start(NUMBER="3").wait(30) == 0
    assert first.log == "run\n"
    assert names(first.folder.path) == before
    assert first.folder.claimed["number"] == "1"
    assert first.folder.claimed["pid"] == process.pid
    process.terminate()
    process.wait(30)
    # The end takes also what came too late.
    assert not list(first.folder.path.glob("envelope-*"))


def test_of_many_at_once_one_runs(prepare: Prepare) -> None:
    jobs = [prepare("/bin/sh", "-c", "echo run") for _ in range(8)]
    codes = [process.wait(30) for process in [job.start() for job in jobs]]

    assert codes == [0] * 8
    assert jobs[0].log == "run\n"
    assert names(jobs[0].folder.path) == {"claim", "end", "labels.json", "output.log"}


def test_a_claim_whose_answer_got_lost_is_ours(
    prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = prepare("true").folder
    link = os.link

    def link_twice(*paths: Path) -> None:
        # As NFS does, when it is not told that it has succeeded.
        link(*paths)
        link(*paths)

    monkeypatch.setattr(os, "link", link_twice)

    assert folder.claim("1")
    assert not folder.claim("2")
    assert folder.claimed["number"] == "1"


def test_a_job_that_was_cancelled_before_its_start_ends_at_once(prepare: Prepare) -> None:
    job = prepare("/bin/sh", "-c", "echo run")
    job.folder.cancel()
    job.start().wait(30)

    assert job.log == ""
    state = job.folder.record()
    assert state
    assert state.phase is Phase.CANCELLED


def test_a_job_whose_folder_is_gone_ends_at_once(prepare: Prepare, tmp_path: Path) -> None:
    job = prepare("/bin/sh", "-c", "echo run")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    job.folder.remove()

    late = subprocess.run(
        [sys.executable, *job.arguments], cwd=elsewhere, capture_output=True, check=True
    )
    assert not late.stdout + late.stderr
    assert not job.folder.path.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP, signal.SIGINT])
def test_signals_are_handed_on(prepare: Prepare, number: signal.Signals) -> None:
    script = f"trap 'echo heard; exit 7' {number.name[3:]}; echo up; while :; do sleep 0.05; done"
    job = prepare("/bin/sh", "-c", script, environment={"PATH": os.defpath})
    process = job.start()
    job.wait_until(lambda: job.log)
    process.send_signal(number)

    assert process.wait(30) == 7
    assert job.log == "up\nheard\n"


def test_a_warning_that_all_processes_get_is_a_sigterm_to_the_command(prepare: Prepare) -> None:
    code = "trap 'exit 7' TERM; echo up; while :; do sleep 0.1; done"
    job = prepare("sh", "-c", code, environment={"PATH": os.defpath}, warning="SIGUSR2")
    process = job.start()
    job.wait_until(lambda: "up" in job.log)
    # As Grid Engine does it.
    for each in (process.pid, *descendants(process.pid)):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGUSR2)

    assert process.wait(20) == 7, job.log


@pytest.mark.skipif(not LINUX, reason="Linux alone tells of all descendants")
@pytest.mark.parametrize("deaf", [False, True])
def test_a_step_ends_with_its_command_and_nothing_of_it_is_left(
    prepare: Prepare, tmp_path: Path, deaf: bool
) -> None:
    daemon = f"""
import os, signal, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
signal.signal(signal.SIGTERM, signal.SIG_{"IGN" if deaf else "DFL"})
open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
time.sleep(90)
"""
    script = 'python -c "$0"; while [ ! -s "$1" ]; do sleep 0.01; done'
    variables = {"PATH": os.pathsep.join((str(Path(sys.executable).parent), os.defpath))}
    pid = str(tmp_path / "pid")
    job = prepare("/bin/sh", "-c", script, daemon, pid, environment=variables)

    assert job.start().wait(15) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path(pid).read_text()), 0)


def test_a_command_that_takes_too_long_is_ended_and_the_cause_is_noted(prepare: Prepare) -> None:
    job = prepare(
        "/bin/sh",
        "-c",
        "exec sleep 60",
        environment={"PATH": os.defpath},
        timeout_seconds=1,
    )
    job.start().wait(15)

    state = job.folder.record()
    assert state
    assert (state.phase, state.reason) == (Phase.FAILED, "the job reached its timeout_seconds")


def test_a_job_is_alive_as_long_as_its_supervisor(prepare: Prepare) -> None:
    job = prepare("/bin/sh", "-c", "exec sleep 60", environment={"PATH": os.defpath})
    assert not job.folder.is_alive
    process = job.start()
    job.wait_until(lambda: job.folder.is_alive)
    process.kill()
    process.wait()

    job.wait_until(lambda: not job.folder.is_alive)
    assert job.folder.record() is None


def test_a_log_is_read_from_its_end(prepare: Prepare) -> None:
    job = prepare("true")
    with job.folder.log.open("wb") as log:
        log.truncate(300_000_000)
        log.seek(0, os.SEEK_END)
        log.write(b"\xffend")

    assert job.folder.logs(6) == "\0\0�end"
