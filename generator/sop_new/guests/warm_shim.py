"""Stands in for `python`: what it was asked to run is run by a warm one.

It is a copy of this file, beside one that says where the socket of `warm_server.py` is, and the
usual Python. It lives as long as the process that does the work: it passes signals on to that
process, and ends as it ends. Each start of Python goes through here, so that nothing is imported
that takes long.
"""

import marshal
import os
import signal
import socket
import sys
from types import FrameType

FORWARDED = (
    *(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT),
    *(signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2),
)


def main() -> None:
    here = os.path.abspath(__file__)  # noqa: PTH100 - pathlib takes long to import
    with open(f"{here}.where", encoding="utf-8") as file:  # noqa: PTH123
        place, python = file.read().split("\n")
    files = inherited_files()
    # What runs may be ready, and be sent a signal, before the handlers below are there.
    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(place)
    except OSError:
        # It runs on another machine, or has ended.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        os.execv(python, [python, *sys.argv[1:]])
    ignored = [int(number) for number in FORWARDED if signal.getsignal(number) is signal.SIG_IGN]
    umask = os.umask(0)
    os.umask(umask)
    request = {
        "python": here,
        "arguments": sys.argv[1:],
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109
        "umask": umask,
        "files": files,
        "ignored": ignored,
        "leads_group": os.getpgrp() == os.getpid(),
    }
    message = marshal.dumps(request)
    socket.send_fds(connection, [len(message).to_bytes(8, "big")], files)
    connection.sendall(message)

    def forward(number: int, _: FrameType | None) -> None:
        connection.send(bytes([number]))

    # What is ignored at the start may be heeded later.
    for number in FORWARDED:
        signal.signal(number, forward)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
    end_as(int(connection.recv(8) or -signal.SIGKILL))


def inherited_files() -> list[int]:
    """The files that were open at the start: those that Python opens itself are not inheritable."""
    with os.scandir("/dev/fd") as entries:
        return [number for entry in entries if os.get_inheritable(number := int(entry.name))]


def end_as(code: int) -> None:
    """End with an exit code, or by a signal if it is below zero."""
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main()
