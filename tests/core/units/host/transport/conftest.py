"""A machine that is reached by a program that stands in for ssh: here, with a home of its own."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from zenml_acme._core.transport import session as sessions
from zenml_acme._core.transport.session import Session

SSH = """#!{python} -IS
import os, subprocess, sys, threading
def note(name, what):
    with open({home!r} + name, "a") as file:
        print(what, file=file)
note("/calls", " ".join(sys.argv))
if os.path.exists({home!r} + "/fault"):
    sys.exit(subprocess.call([{home!r} + "/fault"]))
note("/connections", os.getpid())
# As sshd does it: another home, and none of the variables that are set here.
login = dict(HOME={home!r}, USER="ada", PATH="/usr/bin:/bin")
shell = subprocess.Popen(
    ["/bin/sh", "-c", sys.argv[-1]], env=login, start_new_session=True,
    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
)
def copy(source, target):
    try:
        while content := os.read(source, 65536):
            os.write(target, content)
    except OSError:
        pass
def read():
    copy(0, shell.stdin.fileno())
    shell.stdin.close()
threading.Thread(target=read, daemon=True).start()
copy(shell.stdout.fileno(), 1)
os._exit(shell.wait())
"""


@dataclass
class Far:
    """The other machine.

    Attributes:
        home: The home there.
    """

    home: Path

    @property
    def session(self) -> Session:
        """A session with it that nobody has used."""
        return Session("far", {"workdir": None, "options": {}})

    @property
    def calls(self) -> str:
        """How ssh was called."""
        return (self.home / "calls").read_text()

    @property
    def cache(self) -> Path:
        """Where the agent is kept."""
        return self.home / ".cache" / "zenml_acme"

    @property
    def folder(self) -> Path:
        """Our folder there."""
        return self.home / ".config" / "zenml" / "step_operators" / "zenml_acme"

    def startup(self, text: str) -> None:
        """Have a login shell read this, too."""
        with (self.home / ".bash_profile").open("a") as profile:
            profile.write(text)

    def breaks(self, code: int, words: str) -> None:
        """Let ssh end so from now on."""
        said = shlex.quote(words)
        fault = self.home / "new-fault"
        fault.write_text(f"#!/bin/sh\necho {said} >&2; exit {code}\n")
        fault.chmod(0o700)
        fault.rename(self.home / "fault")

    def heals(self) -> None:
        """Let ssh do its work again."""
        (self.home / "fault").unlink()

    def cut(self) -> None:
        """Cut the newest connection."""
        os.kill(int((self.home / "connections").read_text().split()[-1]), 9)


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Far]:
    """The other machine, with a Python that has nothing installed."""
    home = tmp_path / "far"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python3").symlink_to(Path(sys.base_prefix, "bin", "python3"))
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(SSH.format(python=Path(sys.base_prefix, "bin", "python3"), home=str(home)))
    ssh.chmod(0o700)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(sessions, "RETRY_SECONDS", 0.05)
    far = Far(home)
    # /etc/profile sets the usual one.
    far.startup(f"PATH={home}/bin:/usr/bin:/bin\n")
    yield far


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait until something holds; return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found
