"""Processes of all kinds, in the life of a job."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_engine import end_of, is_alive, job, started, state, wait_for
from zenml_acme._core.engine import Phase
from zenml_acme.engine.client import LocalEngine


def test_a_killed_group_is_failed(engine: LocalEngine, tmp_path: Path) -> None:
    group = started(engine, tmp_path, "")
    assert state(engine).phase is Phase.RUNNING

    os.killpg(group, signal.SIGKILL)

    ended = end_of(engine)
    assert ended.phase is Phase.FAILED
    assert "left no exit code" in ended.reason


def test_a_job_outlives_its_launcher_and_is_found_by_name(
    engine: LocalEngine, tmp_path: Path
) -> None:
    launch = f"""
import os
from pathlib import Path
from test_engine import LocalEngine, job
engine = LocalEngine(Path({str(tmp_path / "jobs")!r}), 1)
engine.submit(job("import time; print('up', flush=True); time.sleep(600)"))
os.kill(os.getpid(), 9)
"""
    launcher = subprocess.run([sys.executable, "-c", launch], check=False)

    assert launcher.returncode == -signal.SIGKILL
    wait_for(lambda: "up" in engine.logs("job", 1))
    assert state(engine).phase is Phase.RUNNING
    engine.cancel("job")
    assert state(engine).phase is Phase.CANCELLED


def test_what_a_job_leaves_running_ends_with_it(engine: LocalEngine, tmp_path: Path) -> None:
    engine.submit(
        job(
            "import subprocess\n"
            "child = subprocess.Popen(['sleep', '600'])\n"
            "open('child', 'w').write(str(child.pid))"
        )
    )

    assert end_of(engine).phase is Phase.SUCCEEDED
    child = int((tmp_path / "jobs" / "job" / "child").read_text())
    wait_for(lambda: not is_alive(child))


def test_a_job_that_is_cancelled_before_it_began_does_not_run(
    engine: LocalEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = subprocess.run

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        # As by a signal's handler, amid `submit`.
        engine.cancel("job")
        return start(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", interrupted)
        engine.submit(job("print('up')"))

    assert end_of(engine).phase is Phase.CANCELLED
    assert engine.logs("job", 1) == ""


def test_only_the_user_can_read_a_job_and_others_what_it_writes_elsewhere(
    engine: LocalEngine, tmp_path: Path
) -> None:
    # Such as artifacts in a store that colleagues share.
    engine.submit(job(f"open({str(tmp_path / 'artifact')!r}, 'w').write('x')"))
    end_of(engine)

    assert (tmp_path / "jobs" / "job").stat().st_mode & 0o777 == 0o700
    (tmp_path / "mine").touch()
    usual = (tmp_path / "mine").stat().st_mode
    assert (tmp_path / "artifact").stat().st_mode == usual


def test_the_launchers_zenml_stays_with_the_launcher(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENML_REPOSITORY_PATH", "/of/the/launcher")
    engine.submit(job("import os; print(os.environ.get('ZENML_REPOSITORY_PATH'))"))
    end_of(engine)

    assert engine.logs("job", 1) == "None\n"


def test_a_job_in_time_has_no_timeout(engine: LocalEngine) -> None:
    engine.submit(job("raise SystemExit(3)", timeout_seconds=600))

    assert end_of(engine).exit_code == 3


def test_a_job_is_a_group_of_its_own(engine: LocalEngine, tmp_path: Path) -> None:
    group = started(engine, tmp_path, "")

    assert group != os.getpgrp()
    # Its leader has gone, so that it is nobody's child.
    assert not is_alive(group)
