"""What an engine tells of jobs, and by what it finds them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from . import facts
from .jobs import PATIENCE_SECONDS, Runner, Started, config, connected, within
from .project import Handle, Phase

ORDER = [Phase.UNKNOWN, Phase.PENDING, Phase.RUNNING, Phase.SUCCEEDED]

ELSEWHERE = """
import os, signal, sys
from pathlib import Path
from engine_contract.jobs import Runner, connected

name, workdir = sys.argv[1], Path(sys.argv[2])
try:
    Runner(connected(workdir), workdir).start("sleep", "600", name=name)
except NotImplementedError as error:
    sys.exit(str(error))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module", autouse=True)
def elsewhere(runner: Runner) -> tuple[Started, subprocess.Popen[str]]:
    """A job of another process, which is killed; that one takes a while to begin."""
    handle = Handle(runner.job().name)
    runner.handles.append(handle)
    launcher = subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE, handle.name, runner.workdir],
        cwd=Path(__file__).parents[1],
        stderr=subprocess.PIPE,
        text=True,
    )
    return Started(runner, handle), launcher


def test_it_says_what_it_is(runner: Runner) -> None:
    engine = runner.engine

    assert engine.honours <= {"cpus", "gpus", "gpu_class", "memory", "timeout"}
    assert engine.needs <= {"remote store", "registry"}
    assert 0 < engine.pause_seconds <= 60


def test_states_come_in_order(runner: Runner) -> None:
    job = runner.start("sleep", str(3 * max(0.3, runner.engine.pause_seconds)))
    seen = [job.state().phase]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not seen[-1].ended and time.monotonic() < deadline:
        seen.append(job.state().phase)

    assert Phase.RUNNING in seen
    assert seen[-1] is Phase.SUCCEEDED
    assert seen == sorted(seen, key=ORDER.index)


def test_many_are_one_question(runner: Runner) -> None:
    names = [runner.job().name for _ in range(300)]
    started = time.monotonic()
    told = runner.engine.poll([Handle(name) for name in names])

    assert told.keys() == {*names}
    assert time.monotonic() - started < 3


def test_no_job_is_a_question_too(runner: Runner) -> None:
    assert not runner.engine.poll([])


def test_a_job_that_it_does_not_know_is_unknown(runner: Runner) -> None:
    name = runner.job().name

    assert runner.engine.poll([Handle(name)])[name].phase is Phase.UNKNOWN


def test_what_a_job_is_found_by_is_text(runner: Runner) -> None:
    job = runner.start("sleep", "600")
    details = {**job.handle.details, **job.state().details}
    job.cancel()

    assert json.loads(json.dumps(details)) == details
    assert all(isinstance(value, str) for value in details.values())


def test_the_same_name_twice_is_one_job(runner: Runner) -> None:
    mark = runner.workdir / "twice"
    again = runner.job("sh", "-c", count(mark))
    first, second = runner.submit(again), runner.submit(again)

    first.ends_as(Phase.SUCCEEDED)
    assert first.state().details == second.state().details
    runner.submit(again)
    # By then, one that runs again has begun, also where much else goes on.
    for _ in range(3):
        runner.start("true").ends_as(Phase.SUCCEEDED)
    runner.ends([first])
    assert first.log().split() == ["run"]
    assert runs(mark) <= 1


def test_eight_at_once_are_one_job(runner: Runner) -> None:
    mark = runner.workdir / "eight"
    same = runner.job("sh", "-c", count(mark))
    runners = [Runner(connected(runner.workdir), runner.workdir) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        jobs = [*pool.map(lambda each: each.submit(same), runners)]

    assert runner.ends(jobs) == {Phase.SUCCEEDED}
    found = [runner.states([job.handle])[same.name].details for job in jobs]
    assert all(details == found[0] for details in found)
    assert runs(mark) <= 1


def count(mark: Path) -> str:
    """Return a command that counts its runs, where it sees this machine's folder."""
    return f"echo run; (echo run >> '{mark}') 2> /dev/null; sleep 0.5"


def runs(mark: Path) -> int:
    return mark.read_text().count("run") if mark.exists() else 0


def test_a_job_outlives_its_launcher_and_is_found_by_its_name(
    runner: Runner, elsewhere: tuple[Started, subprocess.Popen[str]]
) -> None:
    job, launcher = elsewhere
    _, said = launcher.communicate()
    if "still to be written" in said:
        pytest.skip(said)
    assert launcher.returncode == -signal.SIGKILL, said

    assert job.state().phase in (Phase.PENDING, Phase.RUNNING)
    job.cancel()
    job.ends_as(Phase.CANCELLED)


@pytest.mark.parametrize("jobs", [0, 1])
def test_an_engine_out_of_reach_is_an_error(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    if not (facts.UNREACHABLE or config().is_remote):
        pytest.skip("facts.py does not tell how to put it out of reach")
    for variable, value in facts.UNREACHABLE.items():
        monkeypatch.setenv(variable, value)
    elsewhere = {"ssh_host": "no.host.invalid"} if config().is_remote else {}

    handles = [Handle(runner.job().name)] * jobs
    engine = connected(runner.workdir, **elsewhere)
    with pytest.raises(Exception):  # noqa: B017 - of any type
        within(PATIENCE_SECONDS, lambda: engine.poll(handles))
