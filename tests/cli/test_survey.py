"""In a terminal, what was not given is asked."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from sop_new.errors import Code
from sop_new.templates.questionnaire import questionnaire_of
from sop_new.templates.source import Template

from tests.cli.sop_new_runs import REPOSITORY, contents, git, program


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
def terminal(
    folder: Path, *arguments: str, columns: int = 100, **variables: str
) -> Iterator[Terminal]:
    screen, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    process = subprocess.Popen(
        [*program(), *arguments],
        cwd=folder,
        env={
            **os.environ,
            "COLUMNS": str(columns),
            "TERM": "xterm",
            "PROMPT_TOOLKIT_NO_CPR": "1",
            **variables,
        },
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


def test_a_terminal_is_asked_for_three_answers_and_offered_the_others(
    here: Path, copier: Callable[..., Path], clone: Path, tmp_path: Path
) -> None:
    given = ("-d", f"user_name={'N' * 30}")
    with terminal(here, "zenml-acme", *given, PYTHONPATH=str(clone / "generator")) as shown:
        shown.until("Name of the project")
        shown.type("\r")
        shown.until("Where the steps run")
        shown.until("a job of a Slurm cluster")
        shown.type("\x1b[A\r")  # one up is the last
        shown.until("Name of the flavor")
        shown.type("-two\r")
        shown.until("7 more answers")
        shown.until("Apache-2.0")
        shown.type("\x1b[B\r")
        shown.until("What the engine runs")
        shown.type("\x1b[B\r")
        shown.until("7 more answers")
        shown.until("image")
        shown.type("\r")
        assert "What next" in shown.rest()

    answers = {"backend": "blank", "flavor": "acme-two", "runtime": "image"}
    by_copier = copier(tmp_path / "copier" / "zenml-acme", **answers, user_name="N" * 30)
    assert contents(here / "zenml-acme") == contents(by_copier)


def test_a_newcomer_is_asked_for_a_name_and_told_the_next_command(here: Path) -> None:
    (here / "zenml-acme").mkdir()
    (here / "zenml-acme" / "mine").touch()
    with terminal(here) as shown:
        shown.until("Name of the project")
        shown.type("\r")
        shown.until("Take another name: zenml-acme is here already.")
        shown.type("-two\r")
        shown.until("Where the steps run")
        shown.type("\r")
        shown.until("Name of the flavor")
        shown.type("\r")
        shown.until("more answers")
        shown.type("\r")
        rest = shown.rest()

    assert "cd zenml-acme-two" in rest
    assert (here / "zenml-acme-two" / "zenml_acme_two" / "operator.py").is_file()


def test_a_narrow_screen_shows_what_is_wrong_with_an_answer_and_the_backends(here: Path) -> None:
    with terminal(here, columns=60) as shown:
        shown.until("Name of the project")
        shown.type("--\r")
        shown.until("Use a-z, 0-9, single dashes; a letter first: zenml-acme.")
        shown.type("\b\b\r")
        for backend in yaml.safe_load((REPOSITORY / "copier.yml").read_text())[
            "_backends"
        ].values():
            shown.until(backend["summary"])


def test_what_is_all_given_is_not_asked(here: Path) -> None:
    given = ("project_name=x", "flavor=y", "backend=local", "description=x", "class_prefix=X")
    rest = ("user_name=", "user_email=", "license=MIT", "python_min=3.12", "ci=none")
    data = [part for answer in given + rest for part in ("-d", answer)]
    with terminal(here, "zenml-acme", *data) as shown:
        told = shown.rest()

    assert "What next" in told
    assert "more answer" not in told


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
        shown.until("jenkins is none of")
        assert "Name of the project" not in shown.rest()


def test_the_questions_alone_are_those_of_a_checkout_and_of_a_bundle(
    clone: Path, tmp_path: Path
) -> None:
    checkout = Template(str(clone), clone / "copier.yml")
    git(clone, "bundle", "create", "--quiet", str(tmp_path / "bundle"), "HEAD")
    packed = Template("https://example.org/x.git", clone / "copier.yml", tmp_path / "bundle")
    project = tmp_path / "zenml-grid"

    for template in (checkout, packed):
        with questionnaire_of(template, "HEAD", project) as questions:
            answers = questions.answered({"backend": "blank"}, {"license": "MIT"})
            assert (answers["project_name"], answers["flavor"]) == ("zenml-grid", "grid")
            assert (answers["runtime"], answers["license"]) == ("host", "MIT")
            with pytest.raises(ValueError, match="Use a-z"):
                questions.answered({"flavor": "My Own"})
    assert not project.exists()
