"""The warm Python does what `python` does."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sop_new.check.warm import warm

KNOWN = "import sys; print('here' in sys.modules)"
WAIT = "import time; print('ready', flush=True); time.sleep(60)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a module `here` that reads a variable when it is imported."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "here.py").write_text("import os\nMOOD = os.environ.get('MOOD', 'calm')\n")
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Path]:
    """A warm Python that has imported `here`, and sees its folder as a package's."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    [packages] = environment.glob("lib/python*/site-packages")
    (packages / "here.pth").write_text(str(folder))
    # As in a shell's background. What is started later must not follow from it.
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with warm(environment / "bin" / "python", "here") as python:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            yield python
    finally:
        signal.signal(signal.SIGINT, usual)


def run(python: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, *arguments], capture_output=True, text=True, timeout=30, **options
    )


def start(python: Path, code: str, **options: Any) -> subprocess.Popen[str]:
    """Start code that prints a line once it is ready, and wait for that."""
    process = subprocess.Popen([python, "-c", code], stdout=subprocess.PIPE, text=True, **options)
    assert process.stdout and process.stdout.readline()
    return process


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return met


def locked(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_modules_are_there_before_they_are_imported(python: Path) -> None:
    assert run(python, "-c", KNOWN).stdout == "True\n"


def test_a_module_that_read_another_variable_is_imported_anew(python: Path) -> None:
    done = run(python, "-c", "import here; print(here.MOOD)", env=os.environ | {"MOOD": "cross"})
    assert done.stdout == "cross\n"


def test_options_are_honoured_by_the_usual_python(python: Path) -> None:
    assert run(python, "-O", "-c", "print(__debug__)").stdout == "False\n"


@pytest.mark.parametrize("code", [0, 3, 255])
def test_the_exit_code_is_that_of_the_code(python: Path, code: int) -> None:
    assert run(python, "-c", f"raise SystemExit({code})").returncode == code


def test_an_exception_is_shown_and_is_a_failure(python: Path) -> None:
    done = run(python, "-c", "1 / 0")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"


def test_what_is_left_to_do_at_the_end_is_done(python: Path) -> None:
    code = (
        "import atexit, threading, time\n"
        "atexit.register(print, 'last words')\n"
        "threading.Thread(target=lambda: (time.sleep(0.1), print('a thread'))).start()\n"
        "print('unflushed')\n"
    )
    assert run(python, "-c", code).stdout == "unflushed\na thread\nlast words\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_it_dies_by_the_signal_that_the_code_died_by(python: Path, number: int) -> None:
    done = run(python, "-c", f"import os; os.kill(os.getpid(), {number})")
    assert done.returncode == -number


def test_a_signal_reaches_the_code(python: Path) -> None:
    code = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(7));" + WAIT
    with start(python, code) as process:
        process.terminate()
        assert process.wait(10) == 7


def test_an_interrupt_is_one_in_the_code(python: Path) -> None:
    code = f"try:\n    exec({WAIT!r})\nexcept KeyboardInterrupt:\n    exit(8)"
    with start(python, code) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 8


def test_one_that_is_aborted_tells_where_it_stands(python: Path) -> None:
    environment = os.environ | {"PYTHONFAULTHANDLER": "1"}
    assert run(python, "-c", KNOWN, env=environment).stdout == "True\n"
    with start(python, WAIT, env=environment, stderr=subprocess.PIPE) as process:
        process.send_signal(signal.SIGABRT)
        _, told = process.communicate()
    assert process.returncode == -signal.SIGABRT
    assert "most recent call first" in told


def test_what_was_ignored_at_the_start_is_ignored(python: Path) -> None:
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    ignoring = ["/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh"]
    done = subprocess.run([*ignoring, python, "-c", code], capture_output=True, text=True)
    assert done.stdout == "True\n"


def test_what_was_ignored_at_the_start_can_be_heeded_later(python: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "print('up', flush=True); time.sleep(60)"
    )
    ignoring = ["/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh"]
    with subprocess.Popen([*ignoring, python, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"up\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == -signal.SIGINT


def test_a_kill_is_one_of_the_code(python: Path, tmp_path: Path) -> None:
    lock = (tmp_path / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    with start(python, WAIT, pass_fds=(lock.fileno(),)) as process:
        lock.close()
        process.kill()
    assert eventually(lambda: not locked(tmp_path / "lock"))


def test_a_file_at_any_number_is_passed_on(python: Path, tmp_path: Path) -> None:
    lock = (tmp_path / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    code = f"import os; os.write({lock.fileno()}, b'written');" + WAIT
    with start(python, code, pass_fds=(lock.fileno(),)) as process:
        lock.close()
        assert (tmp_path / "lock").read_text() == "written"
        assert locked(tmp_path / "lock")
        process.terminate()


def test_no_other_files_are_open(python: Path) -> None:
    code = "import os; print(sorted(map(int, os.listdir('/dev/fd'))))"
    with start(python, WAIT) as another:
        # The last one is that of the list itself.
        assert json.loads(run(python, "-c", code).stdout) == [0, 1, 2, 3]
        another.terminate()


def test_what_was_closed_at_the_start_is_closed(python: Path) -> None:
    closing = ["/bin/sh", "-c", 'exec "$@" <&-', "sh"]
    done = subprocess.run(
        [*closing, python, "-c", "import os; os.fstat(0)"], stderr=subprocess.PIPE
    )
    assert b"Bad file descriptor" in done.stderr


def test_a_signal_to_a_group_reaches_what_the_code_has_started(python: Path) -> None:
    code = (
        "import subprocess as s; p = s.Popen(['sleep', '60']); print('ready', flush=True); p.wait()"
    )
    with start(python, code, start_new_session=True) as process:
        os.killpg(process.pid, signal.SIGTERM)
        # The output ends once all that have it open are gone.
        process.communicate(timeout=10)


def test_it_stands_where_it_was_started(python: Path, tmp_path: Path) -> None:
    done = run(python, "-c", "import os; print(os.getcwd())", cwd=tmp_path)
    assert done.stdout == f"{tmp_path}\n"


def test_it_has_the_variables_it_was_started_with_and_no_others(python: Path) -> None:
    variables = {name: os.environ[name] for name in ("LANG", "HOME") if name in os.environ}
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    shown = json.loads(run(python, "-c", code, env=variables | {"OWN": "☃"}).stdout)
    assert shown.pop("OWN") == "☃"
    assert "PATH" not in shown


def test_it_has_the_arguments_it_was_started_with(python: Path) -> None:
    awkward = ["a b", "'", "$HOME", "line\nbreak", "", "☃", "-c"]
    done = run(python, "-c", "import json, sys; print(json.dumps(sys.argv))", *awkward)
    assert json.loads(done.stdout) == ["-c", *awkward]


def test_it_has_the_umask_it_was_started_with(python: Path) -> None:
    assert run(python, "-c", "import os; print(os.umask(0))", umask=0o027).stdout == f"{0o027}\n"


def test_it_reads_standard_input(python: Path) -> None:
    assert run(python, "-c", "print(input())", input="said").stdout == "said\n"


def test_a_line_of_code_is_the_main_program(python: Path) -> None:
    code = "import sys; print(__name__, sys.modules['__main__'].sys is sys)"
    assert run(python, "-c", code).stdout == "__main__ True\n"


def test_a_module_is_the_main_program(python: Path, tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "main.py").write_text(
        "import sys\nclass Here: ...\nprint(__name__, __package__, sys.argv[1:])\n"
        "assert sys.modules['__main__'].Here is Here\n"
    )
    done = run(python, "-m", "package.main", "x", cwd=tmp_path)
    assert done.stdout == "__main__ package ['x']\n", done.stderr


def test_a_script_is_the_main_program_and_finds_its_neighbours(
    python: Path, tmp_path: Path
) -> None:
    (tmp_path / "neighbour.py").touch()
    script = tmp_path / "script.py"
    script.write_text(
        "import neighbour, sys\nclass Here: ...\nprint(__name__, __file__, sys.argv)\n"
        "assert sys.modules['__main__'].Here is Here\n"
    )
    done = run(python, str(script), "x", cwd="/")
    assert done.stdout == f"__main__ {script} {[str(script), 'x']}\n", done.stderr


def test_a_script_that_is_not_there_is_a_failure(python: Path) -> None:
    assert run(python, "nowhere.py").returncode == 2


def test_folders_to_import_from_are_those_of_a_fresh_python(python: Path, tmp_path: Path) -> None:
    (tmp_path / "show.py").write_text("import json, sys; print(json.dumps(sys.path))")
    variables = os.environ | {"PYTHONPATH": f"relative{os.pathsep}/absolute"}
    command = ("-m", "show")
    warm_ones, fresh_ones = (
        json.loads(run(python, *options, *command, cwd=tmp_path, env=variables).stdout)
        for options in ((), ("-B",))  # with an option, it is the usual Python
    )
    assert warm_ones == fresh_ones


def test_what_is_started_by_it_is_warm(python: Path) -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {KNOWN!r}])"
    assert run(python, "-c", code).stdout == "True\n"


def test_what_it_becomes_is_warm(python: Path) -> None:
    code = f"import os, sys; os.execvp(sys.executable, [sys.executable, '-c', {KNOWN!r}])"
    assert run(python, "-c", code).stdout == "True\n"


def test_each_is_a_process_of_its_own(python: Path) -> None:
    run(python, "-c", "import here; here.MOOD = 'cross'")
    assert run(python, "-c", "import here; print(here.MOOD)").stdout == "calm\n"


def test_many_run_at_once(python: Path) -> None:
    # Each waits for its input: none could end before the last one has begun.
    processes = [
        subprocess.Popen(
            [python, "-c", f"print('ready', flush=True); input(); exit({code})"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for code in range(20)
    ]
    for process in processes:
        assert process.stdout and process.stdout.readline() == b"ready\n"
    for process in processes:
        process.communicate(b"\n", timeout=30)
    assert [process.returncode for process in processes] == list(range(20))


def test_one_that_is_killed_before_it_has_said_anything_does_no_harm(python: Path) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(python.with_name("socket")))
    assert run(python, "-c", KNOWN).stdout == "True\n"


def test_its_folder_goes_with_it() -> None:
    with warm(Path(sys.executable)) as python:
        assert python.exists()
    assert not python.parent.exists()


def test_nothing_is_left_when_whoever_uses_it_is_killed() -> None:
    code = (
        "import subprocess\nfrom pathlib import Path\nfrom sop_new.check.warm import warm\n"
        f"with warm(Path({sys.executable!r})) as python:\n"
        f"    subprocess.run([python, '-c', {WAIT!r}])\n"
    )
    root = Path(__file__).parents[2]
    with start(Path(sys.executable), code, cwd=root, stderr=subprocess.PIPE) as process:
        process.kill()
        # The output ends once all that have it open are gone.
        process.communicate(timeout=10)


def test_where_its_server_is_not_the_usual_python_is_started(python: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "python"
    elsewhere.write_text(python.read_text())
    elsewhere.chmod(0o700)
    usual = python.with_name("python.where").read_text().splitlines()[1]
    Path(f"{elsewhere}.where").write_text(f"{tmp_path}/socket\n{usual}")

    ran = run(elsewhere, "-c", f"{KNOWN}; print(sys.executable)")

    assert ran.stdout.split() == ["False", usual]


def test_what_is_not_there_is_not_imported() -> None:
    with warm(Path(sys.executable), "no_such_module_anywhere", "wave") as python:
        assert run(python, "-c", "import sys; print('wave' in sys.modules)").stdout == "True\n"


def test_where_a_module_breaks_the_usual_python_is_given(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError")
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    [packages] = environment.glob("lib/python*/site-packages")
    (packages / "here.pth").write_text(str(tmp_path))
    usual = environment / "bin" / "python"

    with warm(usual, "broken") as python:
        assert python == usual


def test_it_may_lie_where_it_is_wished(tmp_path: Path) -> None:
    with warm(Path(sys.executable), "wave", folder=tmp_path) as python:
        assert python.parent == tmp_path
        assert run(python, "-c", "import sys; print('wave' in sys.modules)").stdout == "True\n"


def test_how_output_looks_is_no_reason_for_the_usual_python(tmp_path: Path) -> None:
    (tmp_path / "looks.py").write_text(
        "import os\nCOLOURS = os.environ.get('ZENML_LOGGING_COLORS_DISABLED')\n"
    )
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    [packages] = environment.glob("lib/python*/site-packages")
    (packages / "here.pth").write_text(str(tmp_path))
    given = {**os.environ, "ZENML_LOGGING_COLORS_DISABLED": "true"}

    with warm(environment / "bin" / "python", "looks", environment=given) as python:
        ran = run(python, "-c", "import sys; print('looks' in sys.modules)")
    assert ran.stdout == "True\n"
