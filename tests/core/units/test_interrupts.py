"""What becomes of the jobs when their launcher is told to end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

LAUNCHER = """
import contextlib, os, pathlib, signal, sys, threading
from zenml_acme._core.lifecycle import interrupts

deaf = "deaf" in sys.argv
signal.signal(signal.SIGINT, signal.SIG_IGN if deaf else signal.default_int_handler)
# Under nohup the tests ignore it, and so does what they start.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
interrupts.watch_this_process()
lock = threading.Lock()
interrupts.CANCEL_SECONDS = 0.5

def end(names):
    with lock:
        pathlib.Path("calls").open("a").write(" ".join(names) + "\\n")
        for name in names:
            pathlib.Path(name).touch()

for name in sys.argv[1:]:
    # Submitted from a thread, as in a dynamic run.
    finish = pathlib.Path(f"{name} at exit").touch
    job = name, end, finish
    thread = threading.Thread(target=interrupts.add, args=job)
    thread.start()
    thread.join()
interrupts.discard("ended")
if "short" in sys.argv:
    sys.exit()
if "forked" in sys.argv:
    child = os.fork()
    if not child:
        os.kill(os.getpid(), signal.SIGTERM)
        os._exit(0)
    print("up", flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
    os._exit(0)
try:
    with lock if "locked" in sys.argv else contextlib.nullcontext():
        print("up", flush=True)
        threading.Event().wait()
finally:
    print("tidied up", flush=True)
"""


def interrupted(folder: Path, jobs: list[str], *numbers: signal.Signals) -> tuple[int, str]:
    """Send signals to a launcher; return its exit code and what it said then."""
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, *jobs],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert launcher.stdout is not None
    limit = threading.Timer(30, launcher.kill)
    limit.start()
    launcher.stdout.readline()
    for number in numbers:
        launcher.send_signal(number)
    # What was read ahead with the first line, `communicate` would forget.
    said = launcher.stdout.read()
    limit.cancel()
    return launcher.wait(), said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_jobs_are_cancelled_before_the_launcher_ends(
    number: signal.Signals, tmp_path: Path
) -> None:
    _, said = interrupted(tmp_path, ["one", "two", "ended"], number)

    # In one go, however many there are.
    assert (tmp_path / "calls").read_text() == "one two\n"
    (tmp_path / "calls").unlink()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"one", "two", "one at exit", "two at exit"}
    # By an exception, so that ZenML hears of it.
    assert said == "tidied up\n"


def test_what_a_signal_interrupts_may_hold_what_a_cancel_needs(tmp_path: Path) -> None:
    _, said = interrupted(tmp_path, ["locked"], signal.SIGTERM)

    assert "locked" in [path.name for path in tmp_path.iterdir()]
    assert said == "tidied up\n"


LOST = """
import signal
from zenml_acme._core.lifecycle import interrupts

interrupts.watch_this_process()
watching = signal.getsignal(signal.SIGTERM)

def handler_of_a_step(number, frame):
    try:
        raise TimeoutError
    finally:
        watching(number, frame)

handler_of_a_step.__module__ = "zenml.orchestrators.signal_handler"
signal.signal(signal.SIGTERM, handler_of_a_step)
interrupts.add("before", dict, dict)
try:
    signal.raise_signal(signal.SIGTERM)
except TimeoutError:
    pass
try:
    interrupts.add("after", dict, dict)
except InterruptedError as error:
    print(error)
signal.signal(signal.SIGTERM, lambda number, frame: None)
interrupts.add("of another run", dict, dict)
print(interrupts.is_here("of another run"))
"""


def test_no_step_is_submitted_though_its_interrupt_was_lost() -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOST], check=True, stdout=subprocess.PIPE, text=True
    )

    assert told.stdout == "The step was interrupted before it was submitted.\nTrue\n"


ASKING = """
import os, signal, time
from zenml_acme._core.lifecycle import interrupts

signal.signal(signal.SIGINT, signal.default_int_handler)
interrupts.watch_this_process()

def ask():
    os.kill(os.getpid(), signal.SIGINT)
    print("answered")

in_store = type(ask)(ask.__code__, globals() | {"__name__": interrupts.STORE})
try:
    in_store()
    time.sleep(30)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_a_question_to_zenmls_store_is_not_cut_off() -> None:
    told = subprocess.run(
        [sys.executable, "-c", ASKING], check=True, stdout=subprocess.PIPE, text=True
    )

    assert told.stdout == "answered\ninterrupted\n"


def test_a_fork_of_the_launcher_cancels_nothing(tmp_path: Path) -> None:
    # As a worker of a pool, which is ended while jobs of the launcher run.
    _, ended_by = interrupted(tmp_path, ["job", "forked"])

    assert int(ended_by) == signal.SIGTERM
    assert not list(tmp_path.iterdir())


def test_without_jobs_a_signal_does_what_it_did(tmp_path: Path) -> None:
    code, said = interrupted(tmp_path, [], signal.SIGTERM)

    assert code == -signal.SIGTERM
    assert not said


def test_what_is_in_flight_at_exit_is_finished(tmp_path: Path) -> None:
    interrupted(tmp_path, ["short", "ended"])

    assert [path.name for path in tmp_path.iterdir()] == ["short at exit"]


def test_a_launcher_that_ignores_a_signal_goes_on_ignoring_it(tmp_path: Path) -> None:
    code, _ = interrupted(tmp_path, ["deaf"], signal.SIGINT, signal.SIGTERM)

    assert code == 128 + signal.SIGTERM
