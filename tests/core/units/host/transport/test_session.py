"""The connection to another machine."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from zenml_acme._core.transport import connection, starting
from zenml_acme._core.transport import session as sessions
from zenml_acme._core.transport.faults import ConnectionLostError, UnusableError

from tests.core.units.host.transport.conftest import Far, until


def test_it_is_opened_once_and_kept(far: Far) -> None:
    session = far.session

    assert {session.call("hello") for _ in range(5)} == {platform.python_version()}
    assert len(far.calls.splitlines()) == 1


def test_ssh_asks_nothing_and_lends_nothing(far: Far) -> None:
    far.session.call("hello")

    for option in ("BatchMode=yes", "ForwardAgent=no", "ClearAllForwardings=yes"):
        assert f"-o {option}" in far.calls
    assert far.calls.rstrip().endswith("-- far exec bash -l")


def test_what_startup_files_print_is_no_answer(far: Far) -> None:
    far.startup("echo welcome; echo '{\"id\": 0}'; printf 'no end of line'\n")

    assert far.session.call("hello")


def test_nothing_secret_reaches_a_shell_that_a_startup_file_becomes(far: Far) -> None:
    # It reads what is meant for the agent as commands, and keeps them.
    far.startup(f"exec sh -c 'cat > {far.home}/read'\n")
    session = sessions.Session("far", {"workdir": None, "options": {"token": "canary"}})

    threading.Timer(2, lambda: os.killpg(_group_of(far), signal.SIGKILL)).start()
    with pytest.raises((ConnectionLostError, UnusableError)):
        session.call("poll", jobs=[{"name": "canary", "details": {}}])

    read = (far.home / "read").read_text()
    assert starting.MARK in read
    assert "canary" not in read


def _group_of(far: Far) -> int:
    return os.getpgid(int((far.home / "connections").read_text().split()[-1]))


def test_the_agent_is_sent_once(far: Far) -> None:
    far.session.call("hello")
    [agent] = far.cache.iterdir()
    made = agent.stat().st_ino

    far.session.call("hello")

    [agent] = far.cache.iterdir()
    assert agent.stat().st_ino == made
    assert agent.name == f"{starting.digest()}.zip"
    assert far.cache.stat().st_mode & 0o777 == 0o700


def test_an_agent_that_was_purged_is_sent_again(far: Far) -> None:
    far.session.call("hello")
    for agent in far.cache.iterdir():
        agent.unlink()

    assert far.session.call("hello")


def test_where_nothing_can_be_kept_the_agent_is_for_one_session(far: Far) -> None:
    (far.home / ".cache").write_text("no folder")

    assert far.session.call("hello")


def test_a_connection_that_is_cut_is_a_fault_that_passes(far: Far) -> None:
    session = far.session
    session.call("hello")
    far.cut()
    until(lambda: session._connection and session._connection.is_lost)
    far.breaks(255, "ssh: connect to host far port 22: Connection refused")

    with pytest.raises(ConnectionLostError, match=r"to far is lost: .*Connection refused"):
        session.call("hello")

    far.heals()
    assert session.call("hello")


def test_a_question_that_is_cut_off_is_answered_with_the_fault(far: Far) -> None:
    session = far.session
    session.call("hello")
    far.startup("sleep 600\n")
    lost: list[BaseException] = []

    def ask() -> None:
        try:
            session.call("interpreter", chosen="x" * 2**20)
        except ConnectionLostError as error:
            lost.append(error)

    os.kill(int((far.home / "connections").read_text()), signal.SIGSTOP)
    thread = threading.Thread(target=ask)
    thread.start()
    until(lambda: session._connection and session._connection._waiting)
    far.cut()
    thread.join(20)

    assert lost


def test_who_is_patient_asks_again(far: Far) -> None:
    far.breaks(255, "kex_exchange_identification: Connection closed by remote host")
    threading.Timer(0.5, far.heals).start()

    assert far.session.call("hello", patience=30)


def test_an_unknown_key_is_said_at_once_and_with_what_accepts_it(far: Far) -> None:
    far.breaks(255, "Host key verification failed.")

    with pytest.raises(UnusableError, match=r"not known.*accept it once: ssh far true"):
        far.session.call("hello", patience=300)


def test_what_was_there_can_be_back_whatever_ssh_says(far: Far) -> None:
    session = far.session
    session.call("hello")
    far.breaks(255, "ssh: Could not resolve hostname far: Name or service not known")
    far.cut()

    until(lambda: session._connection and session._connection.is_lost)
    with pytest.raises(ConnectionLostError):
        session.call("hello")


def test_a_machine_without_python_says_what_it_has(far: Far) -> None:
    old = far.home / "bin" / "python3"
    old.unlink()
    old.write_text('#!/bin/sh\n[ "$1" != -V ] || echo Python 3.6.8\nexit 1\n')
    old.chmod(0o700)
    far.startup(f"PATH={far.home}/bin\n")

    with pytest.raises(UnusableError, match=r"no Python 3\.10[^$]*: Python 3\.6\.8"):
        far.session.call("hello")


def test_an_interpreter_that_is_named_is_tried_first(far: Far) -> None:
    (far.home / "mine").mkdir()
    (far.home / "bin" / "python3").rename(far.home / "mine" / "a python")
    far.startup(f"PATH={far.home}/bin\n")
    opening: dict[str, object] = {"workdir": None, "options": {}}

    session = sessions.Session("far", opening, python="~/mine/a python")

    assert session.call("hello")


def test_there_may_be_no_ssh(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(far.home))

    with pytest.raises(UnusableError, match="no ssh on PATH"):
        far.session.call("hello")


def test_a_startup_file_that_ends_the_shell_is_named(far: Far) -> None:
    far.startup("echo no more quota >&2; exit 3\n")

    with pytest.raises(UnusableError, match=r"exit code 3[^$]*no more quota"):
        far.session.call("hello")


def test_a_startup_file_that_waits_is_not_waited_for_without_end(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "START_SECONDS", 1)
    far.startup("sleep 600\n")

    with pytest.raises(ConnectionLostError, match="did not answer within 1 s"):
        far.session.call("hello")


def test_a_handler_of_a_signal_can_ask_while_its_thread_asks(far: Far) -> None:
    session = far.session
    session.call("hello")
    answers = []

    def ask(*_: object) -> None:
        answers.append(session.call("hello"))

    before = signal.signal(signal.SIGALRM, ask)
    try:
        # At all moments of a call, which takes less than a millisecond.
        for number in range(1000):
            signal.setitimer(signal.ITIMER_REAL, (number + 1) * 1e-6)
            session.call("hello")
        # Of some, the next one was faster.
        until(lambda: len(answers) > 100)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_fork_has_a_connection_of_its_own(far: Far) -> None:
    session = far.session
    session.call("hello")

    child = os.fork()
    if not child:
        os._exit(0 if session.call("hello") else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert len(far.calls.splitlines()) == 2
    assert session.call("hello")


def test_a_terminals_interrupt_does_not_reach_ssh(far: Far) -> None:
    session = far.session
    session.call("hello")

    ssh = int((far.home / "connections").read_text())

    assert os.getsid(ssh) != os.getsid(0)


def test_it_ends_with_its_process(far: Far) -> None:
    script = (
        "from zenml_acme._core.transport.session import Session\n"
        "session = Session('far', {'workdir': None, 'options': {}})\n"
        "print(session.call('hello'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], timeout=60, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")
    ssh = Path("/proc", (far.home / "connections").read_text().strip())
    until(lambda: not ssh.exists())
