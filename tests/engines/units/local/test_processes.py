"""Processes of all kinds, in the life of a job."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_engine import JOB, end_of, job, state, wait_for
from zenml_acme._core.engine import Handle, Host, JobState, Phase
from zenml_acme.engine import client
from zenml_acme.engine.client import LocalEngine


def start(engine: LocalEngine, host: Host, tmp_path: Path, code: str = "") -> int:
    """Start a job that runs for long; return its group once it is under way."""
    up = tmp_path / "up"
    ready = f"{code}\nopen({str(up)!r}, 'w').close()\ntime.sleep(600)"
    details = engine.submit(job(host, f"import os, signal, subprocess, sys, time\n{ready}"))
    wait_for(up.exists)
    return int(details["process_group"])


def is_alive(process: int) -> bool:
    try:
        # A zombie is dead, even where nobody buries it.
        return ") Z" not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False


def test_a_killed_group_is_failed(engine: LocalEngine, host: Host, tmp_path: Path) -> None:
    group = start(engine, host, tmp_path)
    assert state(engine).phase is Phase.RUNNING

    os.killpg(group, signal.SIGKILL)

    ended = end_of(engine)
    assert ended.phase is Phase.FAILED
    assert "left no exit code" in ended.reason


def test_the_command_does_not_outlive_its_supervisor(
    engine: LocalEngine, host: Host, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    group = start(engine, host, tmp_path, f"open({str(pid)!r}, 'w').write(str(os.getpid()))")
    # As somebody does who ends what looks idle.
    os.kill(group, signal.SIGKILL)

    wait_for(lambda: not is_alive(int(pid.read_text())))


def test_a_job_outlives_its_launcher_and_is_found_by_name(
    engine: LocalEngine, host: Host, tmp_path: Path
) -> None:
    launch = f"""
import os
from pathlib import Path
from test_engine import Host, LocalEngine, job
host = Host(Path({str(host.python)!r}), Path({str(host.source)!r}))
LocalEngine(Path({str(tmp_path / "jobs")!r})).submit(job(host, "import time; time.sleep(600)"))
os.kill(os.getpid(), 9)
"""
    launcher = subprocess.run([sys.executable, "-c", launch], check=False)

    assert launcher.returncode == -signal.SIGKILL
    wait_for(lambda: state(engine).phase is Phase.RUNNING)
    engine.cancel([JOB])
    assert end_of(engine).phase is Phase.CANCELLED


def test_cancel_lets_a_job_end_by_itself_and_force_does_not(
    engine: LocalEngine, host: Host, tmp_path: Path
) -> None:
    heard = tmp_path / "heard"
    start(
        engine,
        host,
        tmp_path,
        f"signal.signal(signal.SIGTERM, lambda *_: open({str(heard)!r}, 'w').close())\n"
        "child = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child.pid))",
    )
    engine.cancel([JOB])
    wait_for(heard.exists)
    assert state(engine).phase is Phase.RUNNING

    engine.cancel([JOB], force=True)

    assert end_of(engine).phase is Phase.CANCELLED
    assert not is_alive(int((tmp_path / "child").read_text()))


def test_a_job_is_cancelled_though_that_cannot_be_noted(
    engine: LocalEngine, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(engine, host, tmp_path)

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(client.JobFolder, "cancel", full)
    engine.cancel([JOB])

    assert end_of(engine).exit_code == 128 + signal.SIGTERM


def test_a_job_that_is_cancelled_before_it_began_does_not_run(
    engine: LocalEngine, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    popen = subprocess.Popen

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        # As by a signal's handler, amid `submit`.
        engine.cancel([JOB])
        return popen(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", interrupted)
        engine.submit(job(host, "print('up')"))

    assert end_of(engine).phase is Phase.CANCELLED
    assert engine.logs(JOB, 1000) == ""


def test_only_the_user_can_read_a_job_and_others_what_it_writes_elsewhere(
    engine: LocalEngine, host: Host, tmp_path: Path
) -> None:
    # Such as artifacts in a store that colleagues share.
    engine.submit(job(host, f"open({str(tmp_path / 'artifact')!r}, 'w').write('x')"))
    end_of(engine)

    assert (tmp_path / "jobs" / "job").stat().st_mode & 0o777 == 0o700
    (tmp_path / "mine").touch()
    usual = (tmp_path / "mine").stat().st_mode
    assert (tmp_path / "artifact").stat().st_mode == usual


def test_the_launchers_zenml_stays_with_the_launcher(
    engine: LocalEngine, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENML_STORE_API_TOKEN", "of the launcher")
    engine.submit(job(host, "import os; print(os.environ.get('ZENML_STORE_API_TOKEN'))"))
    end_of(engine)

    assert engine.logs(JOB, 1000) == "None\n"


def test_a_job_in_time_has_no_timeout(engine: LocalEngine, host: Host) -> None:
    engine.submit(job(host, "raise SystemExit(3)", timeout_seconds=600))

    assert end_of(engine).exit_code == 3


def test_an_interpreter_that_is_not_there_is_named(
    engine: LocalEngine, host: Host, tmp_path: Path
) -> None:
    engine.submit(job(replace(host, python=Path("/nowhere/python")), "print('up')"))

    ended = end_of(engine)
    assert (ended.phase, ended.exit_code) == (Phase.FAILED, 127)
    assert "ended with exit code 127: " in ended.reason
    assert "/nowhere/python" in ended.reason


def test_a_job_that_never_began_is_pending_and_then_unknown(
    engine: LocalEngine, tmp_path: Path
) -> None:
    log = tmp_path / "jobs" / "job" / "output.log"
    log.parent.mkdir(parents=True)
    log.touch()
    assert state(engine).phase is Phase.PENDING

    long_ago = log.stat().st_mtime - client.START_SECONDS
    os.utime(log, (long_ago, long_ago))
    assert state(engine).phase is Phase.UNKNOWN


def test_a_folder_without_locks_is_named(
    engine: LocalEngine, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import fcntl

    def lock(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", lock)
    with pytest.raises(OSError, match=rf"{tmp_path}.*-o flock"):
        engine.submit(job(host, "print('up')"))


def test_the_end_of_many_is_found_in_one_question(engine: LocalEngine, host: Host) -> None:
    engine.submit(job(host, "pass"))
    end_of(engine)

    assert engine.poll([JOB, Handle("never")]) == {
        "job": JobState(Phase.SUCCEEDED, 0),
        "never": JobState(Phase.UNKNOWN, reason="there is no record of the job"),
    }
    assert engine.poll([]) == {}
