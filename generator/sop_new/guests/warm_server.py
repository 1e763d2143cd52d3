"""Imports modules, then forks for each program that asks for it by the socket in a folder.

Runs as `python warm_server.py FOLDER MODULE...`, says `warm` once it is ready, and ends with its
standard input; see check/warm.py.
"""

import faulthandler
import fcntl
import gc
import marshal
import os
import runpy
import selectors
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from unittest import mock

STARTING = ("PYTHON", "LANG", "LC_", "TZ")
"""How variables begin that Python itself or the C library reads when they start."""

EXEMPT = {
    *("PYTHONFAULTHANDLER", "PYTHONPATH", "PYTHONUNBUFFERED", "ZENML_CUSTOM_SOURCE_ROOT"),
    *("COLUMNS", "LINES", "ZENML_ENABLE_RICH_TRACEBACK", "ZENML_LOGGING_COLORS_DISABLED"),
}
"""Variables that are honoured by a fork; the last four, which decide about looks, need not be."""


@dataclass(frozen=True)
class Request:
    """What a program was started with; `shim.py` says so."""

    python: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    umask: int
    files: list[int]
    ignored: list[int]
    leads_group: bool


@dataclass(frozen=True)
class Running:
    """A process that runs a request, and leads a group of its own."""

    process: int
    send: Callable[[int, int], None]


class Server:
    """Forks for each request, and looks after the forks."""

    def __init__(self, folder: Path) -> None:
        self._running: dict[socket.socket, Running] = {}
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / "socket"))
        self._listener.listen(128)
        self._woken, self._wakes = socket.socketpair()
        self._wakes.setblocking(False)
        signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(0, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ, self._reap)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def serve(self) -> Request | None:
        """What to run, in each of the forks; nothing, once standard input has ended."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj == 0:
                    for running in self._running.values():
                        os.killpg(running.process, signal.SIGKILL)
                        os.waitpid(running.process, 0)
                    return None
                if request := key.data(key.fileobj):
                    assert isinstance(request, Request)
                    return request

    def _accept(self, listener: socket.socket) -> Request | None:
        connection, _ = listener.accept()
        size, files, _, _ = socket.recv_fds(connection, 8, 256)
        message = connection.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
        try:
            request = Request(**marshal.loads(message))
        except (EOFError, ValueError):  # it was killed before it had said all
            connection.close()
        else:
            process = os.fork()
            # Both of them do it: who comes first is not known.
            with suppress(OSError):
                os.setpgid(process, process)
            if not process:
                self._leave(connection)
                place(files, request.files)
                return request
            # A signal to one that leads a group is taken for one to the group.
            send = os.killpg if request.leads_group else os.kill
            self._running[connection] = Running(process, send)
            self._selector.register(connection, selectors.EVENT_READ, self._forward)
        for file in files:
            os.close(file)
        return None

    def _forward(self, connection: socket.socket) -> None:
        if running := self._running.get(connection):
            numbers = connection.recv(64)
            if not numbers:
                self._selector.unregister(connection)
            for number in numbers or [signal.SIGKILL]:
                running.send(running.process, number)

    def _reap(self, woken: socket.socket) -> None:
        woken.recv(64)
        for connection, running in list(self._running.items()):
            process, status = os.waitpid(running.process, os.WNOHANG)
            if process:
                del self._running[connection]
                with suppress(KeyError):
                    self._selector.unregister(connection)
                with suppress(OSError):
                    connection.sendall(b"%d" % os.waitstatus_to_exitcode(status))
                connection.close()

    def _leave(self, connection: socket.socket) -> None:
        """Let go, in a fork, of what is the server's alone."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for mine in (connection, self._listener, self._woken, self._wakes, *self._running):
            mine.close()


def place(files: list[int], numbers: list[int]) -> None:
    """Give open files these numbers, and let there be no other standard streams."""
    beyond = max(numbers, default=0) + 1
    moved = [fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, beyond) for file in files]
    for file in (0, 1, 2, *files):
        os.close(file)
    for file, number in zip(moved, numbers, strict=True):
        os.dup2(file, number)
        os.close(file)


def variables_read_by(modules: list[str]) -> set[str]:
    """Import modules, and note which environment variables they ask for."""
    names = set()
    usual = os._Environ.__getitem__

    def noting(environment: "os._Environ[str]", name: str) -> str:
        names.add(name)
        return usual(environment, name)

    with mock.patch.object(os._Environ, "__getitem__", noting):
        for module in modules:
            with suppress(ModuleNotFoundError):
                import_module(module)
        # What ZenML's store does first, and takes as long as an import.
        if orm := sys.modules.get("sqlalchemy.orm"):
            orm.configure_mappers()
    return names


def differs(here: dict[str, str], there: dict[str, str], read: set[str]) -> bool:
    """Whether a Python that was started with other variables might have come out otherwise."""
    starting = {name for name in here | there if name.startswith(STARTING)}
    return any(here.get(name) != there.get(name) for name in (read | starting) - EXEMPT)


def become(request: Request) -> None:
    """Make this process what `python` is before it runs anything."""
    os.chdir(request.folder)
    os.umask(request.umask)
    os.environ.clear()
    os.environ.update(request.environment)
    # Whoever started the server in a shell's background lets it ignore an interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in request.ignored:
        signal.signal(number, signal.SIG_IGN)
    sys.executable = request.python
    # The streams stay the objects that they are: handlers of the logging may hold them.
    by_line = bool(os.environ.get("PYTHONUNBUFFERED")) or os.isatty(1)
    assert sys.__stdout__
    sys.__stdout__.reconfigure(line_buffering=by_line)
    if os.environ.get("PYTHONFAULTHANDLER"):
        faulthandler.enable()
    if source_utils := sys.modules.get("zenml.utils.source_utils"):
        source_utils.set_custom_source_root(os.environ.get("ZENML_CUSTOM_SOURCE_ROOT"))


def run(arguments: list[str], path: list[str]) -> None:
    """Run what a command line asks for, with these folders to import from besides its own."""
    extra = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:] = [*(str(Path(folder).absolute()) for folder in extra), *path]
    main = sys.modules["__main__"] = ModuleType("__main__")
    match arguments:
        case ["-m", module, *rest]:
            sys.argv = ["-m", *rest]
            sys.path.insert(0, str(Path.cwd()))
            runpy._run_module_as_main(module)  # type: ignore[attr-defined]
        case ["-c", code, *rest]:
            sys.argv = ["-c", *rest]
            sys.path.insert(0, "")
            exec(compile(code, "<string>", "exec"), vars(main))
        case [script, *_]:
            sys.argv = arguments
            sys.path.insert(0, str(Path(script).resolve().parent))
            main.__file__ = script
            exec(compile(Path(script).read_bytes(), script, "exec"), vars(main))


def is_plain(arguments: list[str]) -> bool:
    """Whether a command line is one that `run` can run: it has no options, and is for no prompt."""
    match arguments:
        case ["-m" | "-c", _, *_]:
            return True
        case [script, *_]:
            return Path(script).is_file()
    return False


def main(folder: str, *modules: str) -> None:
    """Serve in a folder, and in each fork leave by the usual end of a Python program."""
    here, python, path = dict(os.environ), sys.executable, sys.path[1:]
    read = variables_read_by(list(modules))
    server = Server(Path(folder))
    print("warm", flush=True)
    gc.freeze()
    if request := server.serve():
        become(request)
        if differs(here, request.environment, read) or not is_plain(request.arguments):
            os.execv(python, [python, *request.arguments])
        run(request.arguments, path)
    else:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
