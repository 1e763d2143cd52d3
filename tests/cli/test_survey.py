"""In a terminal, what was not given is asked."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from sop_new.errors import Code

from tests.cli.sop_new_runs import ANSWERS_FILE, program


@dataclass
class Terminal:
    """A pseudo-terminal with sop-new in it."""

    process: subprocess.Popen[bytes]
    screen: int
    seen: str = ""

    def until(self, text: str) -> None:
        """Read until a text was shown."""
        end = time.monotonic() + 60
        while text not in self.seen:
            assert time.monotonic() < end, f"never saw {text!r} in {self.seen}"
            if select.select([self.screen], [], [], 0.1)[0]:
                self._read()

    def type(self, keys: str) -> None:
        """Press keys; what was shown before is forgotten."""
        self.seen = ""
        os.write(self.screen, keys.encode())

    def rest(self) -> str:
        """What is shown until the program ends."""
        while self._read():
            pass
        self.process.wait(60)
        return self.seen

    def _read(self) -> bool:
        try:
            read = os.read(self.screen, 4096)
        except OSError:  # Linux says so when the other side is closed
            return False
        self.seen += read.decode(errors="replace")
        return bool(read)


@contextmanager
def terminal(folder: Path, *arguments: str) -> Iterator[Terminal]:
    screen, inside = pty.openpty()
    process = subprocess.Popen(
        [*program(), *arguments],
        cwd=folder,
        env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    )
    os.close(inside)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)


def test_a_terminal_asks_for_what_was_not_given(here: Path) -> None:
    given = ("description=x", "class_prefix=X", "user_name=", "user_email=", "license=MIT")
    data = [part for answer in (*given, "python_min=3.12", "ci=none") for part in ("-d", answer)]
    with terminal(here, "zenml-acme", *data) as shown:
        shown.until("Name of the project")
        shown.type("\r")
        shown.until("Name of the flavor")
        shown.type("-two\r")
        shown.until("Where the steps run")
        shown.type("\x1b[A\r")  # one up is the last
        shown.until("What the engine runs")
        shown.type("\x1b[B\r")
        assert "What next" in shown.rest()

    answers = yaml.safe_load((here / "zenml-acme" / ANSWERS_FILE).read_text())
    assert answers["project_name"] == "zenml-acme"
    assert answers["flavor"] == "acme-two"
    assert answers["backend"] == "blank"
    assert answers["runtime"] == "image"


def test_with_defaults_a_terminal_is_asked_nothing(here: Path) -> None:
    with terminal(here, "zenml-acme", "--defaults") as shown:
        assert "What next" in shown.rest()


def test_ctrl_c_in_the_survey_leaves_nothing(here: Path) -> None:
    with terminal(here, "zenml-acme") as shown:
        shown.until("Name of the project")
        shown.type("\x03")
        assert "Interrupted" in shown.rest()
        assert shown.process.returncode == Code.INTERRUPTED.status

    assert not list(here.iterdir())


def test_a_wrong_answer_is_told_before_anything_is_asked(here: Path) -> None:
    with terminal(here, "zenml-acme", "-d", "ci=jenkins") as shown:
        shown.until("'jenkins' is not in")
        assert "Name of the project" not in shown.rest()
