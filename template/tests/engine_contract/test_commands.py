"""What reaches a command, and how its end is told."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Sequence

import pytest

from .jobs import Started
from .project import Host, Phase, Runtime

ARGUMENTS = [
    *("", " ", " a  b ", "'", '"', "`id`", "$HOME", "$(id)", "\\", "%s", "{x}", "*"),
    *("line\nbreak\n", "\ttab", ";", "&&", "--option=x", "\N{SNOWMAN}", "x" * 100_000),
]
ENVIRONMENT = {
    **{f"TEXT_{number}": text for number, text in enumerate(ARGUMENTS)},
    # A shell holds none of these, or has one of its own.
    **{"db-password": "x y", "with.dots": "x", "UID": "5", "variable": "x"},
}

GIVEN = """
import hashlib, os, sys
given = [os.fsencode(text) for text in sys.argv[2:]]
print([text[:99] for text in given])
sys.exit(hashlib.sha256(b";".join(given)).hexdigest() != sys.argv[1])
"""
SET = GIVEN.replace("os.fsencode(text)", "os.environb[os.fsencode(text)]")

BEATS = "i=0; while [ $((i += 1)) -lt 2000 ]; do echo beat; sleep 0.05; done"
"""Writes for minutes, but not for ever: nothing might end it."""

DAEMON = f"""
import subprocess
command = ["sh", "-c", "echo x >&2; exec 2>&1; {BEATS}"]
daemon = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
daemon.stderr.read(1)
print("up", flush=True)
"""


def digest(texts: Sequence[str]) -> str:
    return hashlib.sha256(b";".join(map(os.fsencode, texts))).hexdigest()


@pytest.mark.runs("python", "-c", GIVEN, digest(ARGUMENTS), *ARGUMENTS)
def test_arguments_arrive_as_they_are(job: Started) -> None:
    job.ends_as(Phase.SUCCEEDED)


@pytest.mark.runs(
    *("python", "-c", SET, digest([*ENVIRONMENT.values()]), *ENVIRONMENT),
    environment=ENVIRONMENT,
)
def test_the_environment_arrives_as_it_is(job: Started) -> None:
    job.ends_as(Phase.SUCCEEDED)


@pytest.mark.skipif(
    not issubclass(Runtime, Host), reason="an image says where its commands start"
)
@pytest.mark.runs("sh", "-c", 'ls -A; test -z "$(ls -A)"')
def test_a_command_starts_in_an_empty_folder(job: Started) -> None:
    job.ends_as(Phase.SUCCEEDED)


@pytest.mark.runs("true")
def test_exit_code_zero_is_a_success(job: Started) -> None:
    assert job.ends_as(Phase.SUCCEEDED).exit_code == 0


@pytest.mark.runs("sh", "-c", "exit 7")
def test_any_other_exit_code_is_a_failure(job: Started) -> None:
    assert job.ends_as(Phase.FAILED).exit_code == 7


@pytest.mark.runs("sh", "-c", "kill -KILL $$")
def test_a_killed_command_is_a_failure_with_a_reason(job: Started) -> None:
    state = job.ends_as(Phase.FAILED)

    assert state.exit_code == 128 + signal.SIGKILL
    assert state.reason


@pytest.mark.runs("sleep", "600", timeout_seconds=1)
def test_a_time_limit_ends_a_command_and_is_told(job: Started) -> None:
    if "timeout" not in job.runner.engine.honours:
        pytest.skip("it honours no timeout")

    assert "time" in job.ends_as(Phase.FAILED).reason.lower()


@pytest.mark.runs("python", "-c", DAEMON)
def test_what_a_command_leaves_running_ends_with_it(job: Started) -> None:
    job.ends_as(Phase.SUCCEEDED)

    assert "beat" in job.log()
    assert job.is_silent()
