"""Jobs behind a connection that is cut again and again: `python cuts.py WORKDIR UNTIL`.

Prints a line as soon as jobs are submitted, and at the end how many there were, after the file
UNTIL is there. Each job adds a line to a file of its own; of some, the end is not waited for.
"""

import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

from zenml_acme._core.engine import Engine, Handle, Host, Job, Phase
from zenml_acme._core.environment.prepare import empty_host, machine_of
from zenml_acme._core.resources import Resources
from zenml_acme.config import AcmeStepOperatorConfig as Config
from zenml_acme.engine import connect

AT_ONCE = 6
SECONDS, QUIET_SECONDS = 240, 5


def insist(call: Callable[[], Any]) -> Any:
    """Ask until there is an answer, as the step operator does."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return call()
        except ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def end_of(engine: Engine, job: Handle) -> Phase:
    deadline = time.monotonic() + SECONDS
    while not (phase := insist(lambda: engine.poll([job]))[job.name].phase).ended:
        assert time.monotonic() < deadline, (job.name, phase)
        time.sleep(0.05)
    return phase


def run(engine: Engine, host: Host, lines: Path, is_cancelled: bool) -> None:
    name = f"cut-{uuid4()}"
    code = f"echo ran >> {lines / name}; exec sleep {600 if is_cancelled else 0.1}"
    job = Job(name, ("sh", "-c", code), {}, Resources(), None, Config(), host, {})
    details = insist(lambda: engine.submit(job))
    handle = Handle(name, details)
    if is_cancelled:
        insist(lambda: engine.cancel([handle]))
    phase = end_of(engine, handle)
    assert phase is (Phase.CANCELLED if is_cancelled else Phase.SUCCEEDED), (name, phase)
    ran = (lines / name).read_text().splitlines() if (lines / name).exists() else []
    assert ran == ["ran"] or (is_cancelled and not ran), (name, ran)
    insist(lambda: engine.remove(handle))


def main(workdir: Path, until: Path) -> None:
    config = Config(ssh_host="login", workdir=str(workdir))
    machine = machine_of(config)
    engine = machine.engine(connect(config, machine.folder))
    host = empty_host(machine, config)
    lines = workdir / "lines"
    print("READY", flush=True)
    jobs = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while not until.exists():
            several = [
                pool.submit(run, engine, host, lines, random.random() < 0.3) for _ in range(AT_ONCE)
            ]
            for each in several:
                each.result()
            jobs += len(several)
    # One that was sent twice would have begun by now.
    time.sleep(QUIET_SECONDS)
    twice = [file.name for file in lines.iterdir() if file.read_text() != "ran\n"]
    assert not twice, twice
    print("JOBS", jobs, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
