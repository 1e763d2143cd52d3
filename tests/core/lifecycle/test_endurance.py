"""The same again and again, at random moments: LIFECYCLE_ROUNDS tells how often."""

import os
import random
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import Zenml, wait_for
from versions import needs_dynamic

pytestmark = pytest.mark.once

ROUNDS = range(int(os.environ.get("LIFECYCLE_ROUNDS", "1")))

SECONDS = 8
"""By then a launcher's step runs, on a quiet machine."""


def end(zenml: Zenml, marks: Path, number: signal.Signals) -> str:
    """Start a run, send its launcher a signal at some moment, and return what it said."""
    launcher = zenml.start("launch.py", "pipelines", "waiting", str(marks))
    try:
        launcher.process.wait(random.uniform(1, SECONDS))
    except subprocess.TimeoutExpired:
        launcher.process.send_signal(number)
    launcher.wait()
    return launcher.output()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("round", ROUNDS)
def test_no_job_survives_the_end_of_its_launcher(
    zenml: Zenml, marks: Path, number: signal.Signals, round: int
) -> None:
    said = end(zenml, marks, number)

    assert not zenml.running(), said


@pytest.mark.parametrize("round", ROUNDS)
def test_a_job_is_found_and_cancelled_after_its_launcher_was_killed(
    zenml: Zenml, marks: Path, round: int
) -> None:
    from zenml.client import Client

    end(zenml, marks, signal.SIGKILL)
    for step in Client().list_run_steps(status="running", size=100).items:
        zenml.operator.cancel(step)

    wait_for(lambda: not zenml.running(), seconds=5)


@needs_dynamic
@pytest.mark.parametrize("round", ROUNDS)
def test_eight_concurrent_steps_succeed(zenml: Zenml, marks: Path, round: int) -> None:
    from flows import dynamic

    dynamic.eight(str(marks))

    assert zenml.last_run().status == "completed"
    assert len(list(marks.iterdir())) == 8
