"""The engine that is checked. The environment can tell of it:

ENGINE_CONTRACT_CONFIG    options of the component, as JSON; the machines that run
                          jobs have to see the `workdir` among them
ENGINE_CONTRACT_IMAGE     for containers: an image that has sh and python
ENGINE_CONTRACT_REQUIRED  an engine that does not answer is a failure then
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from .jobs import PATIENCE_SECONDS, Runner, Started, config, connected, within
from .project import work_folder


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark of a check that looks at a job."""
    config.addinivalue_line("markers", "runs(*command, **others): the job")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Skip what needs a method that is not written, in its own words."""
    try:
        yield
    except NotImplementedError as error:
        pytest.skip(str(error))


pytest_runtest_setup = pytest_runtest_call


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    """An engine that answers, and a folder that its machines see."""
    workdir = folder()
    try:
        engine = connected(workdir)
        within(PATIENCE_SECONDS, lambda: engine.poll([]))
    except NotImplementedError:
        pass
    except Exception as error:
        required = os.environ.get("ENGINE_CONTRACT_REQUIRED")
        outcome = pytest.fail if required else pytest.skip
        outcome(f"the engine does not answer: {error}")
    runner = Runner(engine, workdir)
    yield runner
    runner.close()
    shutil.rmtree(workdir, ignore_errors=True)


def folder() -> Path:
    """Return a folder for the engine's files; behind ssh, it is made there."""
    options = config()
    if options.is_remote:
        above = options.workdir or "~/.cache/zenml-engine-contract"
        return Path(above) / f"contract-{uuid4()}"
    ours = work_folder(options.workdir)
    workdir = Path(tempfile.mkdtemp(prefix="contract-", dir=ours))
    # What is to be seen by us alone has to see to it itself.
    workdir.chmod(0o755)
    return workdir


@pytest.fixture(scope="module")
def jobs(
    request: pytest.FixtureRequest, runner: Runner
) -> dict[str, Started | Exception]:
    """What the checks of a module look at: all of it starts before the first looks."""
    started: dict[str, Started | Exception] = {}
    for item in request.session.items:
        mark = item.get_closest_marker("runs")
        if mark and item.path == request.path:
            try:
                started[item.nodeid] = runner.start(*mark.args, **mark.kwargs)
            except Exception as error:
                started[item.nodeid] = error
    return started


@pytest.fixture
def job(
    request: pytest.FixtureRequest, jobs: dict[str, Started | Exception]
) -> Started:
    """The job that a check is marked with."""
    started = jobs[request.node.nodeid]
    if isinstance(started, Exception):
        raise started
    return started
