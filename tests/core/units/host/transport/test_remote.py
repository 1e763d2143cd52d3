"""The engine and the machine at the other end."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError
from zenml.config import DockerSettings
from zenml_acme._core.engine import Engine, Handle, Host, Job, JobState, Phase
from zenml_acme._core.environment import prepare as place
from zenml_acme._core.environment.packages.build import Packages
from zenml_acme._core.resources import Resources
from zenml_acme._core.transport import remote, session, starting
from zenml_acme._core.transport.faults import ConnectionLostError
from zenml_acme._core.transport.remote import RemoteMachine, component_options, step_options
from zenml_acme.config import AcmeStepOperatorConfig, AcmeStepOperatorSettings
from zenml_acme.engine import connect

from tests.core.units.host.transport.conftest import Far, until


@pytest.fixture
def machine(far: Far, tmp_path: Path) -> RemoteMachine:
    """The other machine, as steps are prepared there."""
    return RemoteMachine(far.session, tmp_path / "here")


@pytest.fixture
def engine(machine: RemoteMachine, tmp_path: Path) -> Engine:
    """The engine there."""
    config = AcmeStepOperatorConfig(ssh_host="far")
    return machine.engine(connect(config, tmp_path / "here"))


def job(tmp_path: Path, *command: str, **environment: str) -> Job:
    source = tmp_path / "empty.tar"
    tarfile.open(source, "w").close()
    return Job(
        name=f"zenml-{uuid4()}",
        command=command,
        environment=environment,
        resources=Resources(),
        timeout_seconds=None,
        options=AcmeStepOperatorSettings(),
        # The package is installed there, as it is with what `build` makes.
        runtime=Host(Path(sys.executable), source),
        labels={},
    )


def state(engine: Engine, handle: Handle) -> JobState:
    return engine.poll([handle])[handle.name]


def ended(engine: Engine, handle: Handle) -> JobState:
    until(lambda: state(engine, handle).phase.ended)
    return state(engine, handle)


def test_a_job_runs_there(engine: Engine, far: Far, tmp_path: Path) -> None:
    works = job(tmp_path, "sh", "-c", "echo $WORD in $HOME; exit 3", WORD="canary")

    handle = Handle(works.name, engine.submit(works))

    assert set(handle.details) == {"process_group"}
    assert ended(engine, handle).exit_code == 3
    assert engine.logs(handle, 1000) == f"canary in {far.home}\n"
    assert engine.logs(handle, 3) == "ar\n"
    assert (far.folder / "jobs" / works.name).is_dir()
    engine.remove(handle)
    assert not (far.folder / "jobs" / works.name).exists()
    assert state(engine, handle).phase is Phase.UNKNOWN


def test_a_job_is_ended_there(engine: Engine, tmp_path: Path) -> None:
    sleeps = job(tmp_path, "sleep", "600")
    handle = Handle(sleeps.name, engine.submit(sleeps))
    until(lambda: state(engine, handle).phase is Phase.RUNNING)

    engine.cancel([handle])

    assert ended(engine, handle).phase is Phase.CANCELLED


def test_what_a_job_is_given_is_in_no_argument_and_in_no_file(
    engine: Engine, far: Far, tmp_path: Path
) -> None:
    sleeps = job(tmp_path, "sleep", "600", TOKEN="canary")
    handle = Handle(sleeps.name, engine.submit(sleeps))
    until(lambda: state(engine, handle).phase is Phase.RUNNING)

    found = subprocess.run(
        ["grep", "-rl", "canary", far.home], capture_output=True, text=True
    ).stdout
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout

    engine.cancel([handle])
    assert found == ""
    assert "canary" not in listed


def test_a_job_outlives_its_connection(engine: Engine, far: Far, tmp_path: Path) -> None:
    sleeps = job(tmp_path, "sh", "-c", "sleep 1; echo done")
    handle = Handle(sleeps.name, engine.submit(sleeps))

    far.cut()

    def answers() -> bool:
        try:
            return bool(state(engine, handle).phase.ended)
        except ConnectionLostError:
            return False

    until(answers)
    assert engine.logs(handle, 1000) == "done\n"


def test_a_submission_whose_connection_is_cut_is_one_job(
    engine: Engine, far: Far, tmp_path: Path
) -> None:
    engine.poll([])
    once = job(tmp_path, "sh", "-c", f"echo ran >> {tmp_path}/runs; sleep 1")
    cuts = threading.Timer(0.01, far.cut)
    cuts.start()

    for _ in range(3):
        handle = Handle(once.name, engine.submit(once))
    cuts.join()

    assert ended(engine, handle).phase is Phase.SUCCEEDED
    assert (tmp_path / "runs").read_text() == "ran\n"


def test_what_is_raised_there_is_raised_here(engine: Engine, far: Far, tmp_path: Path) -> None:
    engine.poll([])
    # Where the folder of jobs should be.
    (far.folder / "jobs").touch()

    with pytest.raises(NotADirectoryError, match=r"Not a directory: .*/jobs/"):
        engine.submit(job(tmp_path, "true"))


def test_what_is_logged_there_is_logged_here(far: Far, caplog: pytest.LogCaptureFixture) -> None:
    uv = far.home / "bin" / "uv"
    uv.write_text("#!/bin/sh\nexit 1\n")
    uv.chmod(0o700)

    with caplog.at_level(logging.INFO), pytest.raises(RuntimeError, match="could not be built"):
        RemoteMachine(far.session, far.home).build(Packages(("nothing==1",)))

    assert "far: Building an environment for the step" in caplog.text


def test_only_the_engines_own_options_travel() -> None:
    settings = AcmeStepOperatorSettings(nice=3, timeout_seconds=5)

    assert step_options(settings) == {"nice": 3}
    assert component_options(AcmeStepOperatorConfig(ssh_host="far", nice=3)) == {}


def test_a_step_needs_a_store_that_the_other_machine_sees(engine: Engine) -> None:
    assert engine.needs == {"remote store"}


def test_zenml_takes_it_for_remote() -> None:
    assert AcmeStepOperatorConfig(ssh_host="login").is_remote is True
    assert AcmeStepOperatorConfig().is_remote is False


@pytest.mark.parametrize("host", ["-oProxyCommand=id", "a b", "a;b", "", "a\nb"])
def test_a_host_is_a_name(host: str) -> None:
    with pytest.raises(ValidationError):
        AcmeStepOperatorConfig(ssh_host=host)


@pytest.mark.parametrize("host", ["login", "ada@login.example.org", "10.0.0.1", "a_b-c"])
def test_a_host_may_be_what_ssh_takes(host: str) -> None:
    assert AcmeStepOperatorConfig(ssh_host=host).ssh_host == host


def test_a_process_has_one_session_for_all_operators_of_a_component(tmp_path: Path) -> None:
    config = AcmeStepOperatorConfig(ssh_host="far")
    first, second = (remote.remote_machine(config, tmp_path) for _ in range(2))
    other = remote.remote_machine(AcmeStepOperatorConfig(ssh_host="near"), tmp_path)

    assert first._session is second._session
    assert first._session is not other._session


def test_every_step_gets_an_environment_there(
    machine: RemoteMachine, stack: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zenml.client import Client

    asked: list[Packages] = []

    def build(packages: Packages) -> Path:
        asked.append(packages)
        return Path("/there/bin/python")

    monkeypatch.setattr(machine, "build", build)
    info: Any = SimpleNamespace(config=SimpleNamespace(docker_settings=DockerSettings()))

    host = place.prepare(info, Client().active_stack, place.StepEnvironment(), machine)

    assert host.python == Path("/there/bin/python")
    assert any(line.startswith("zenml") for line in asked[0].requirements)
    assert host.source.exists()
    assert not host.source.is_relative_to(machine.folder)


def test_an_interpreter_there_is_called_as_it_is_there(machine: RemoteMachine, far: Far) -> None:
    assert machine.interpreter("~/mine/python") == far.home / "mine" / "python"


def test_a_file_is_sent_once(machine: RemoteMachine, far: Far, tmp_path: Path) -> None:
    file = brought(machine.folder, b"x" * 10)

    there = machine.bring(file)

    assert there == far.folder / "sources" / file.name
    assert there.read_bytes() == b"x" * 10
    os.utime(there, (0, 0))
    made = there.stat().st_ino
    assert machine.bring(file) == there
    assert there.stat().st_ino == made
    # The janitor sees that it is used.
    assert there.stat().st_mtime > time.time() - 60


def test_a_file_that_was_cut_off_goes_on_where_it_was(
    machine: RemoteMachine, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PART", 1000)
    content = os.urandom(100_000)
    file = brought(machine.folder, content)
    sent: list[int] = []
    usual = session.Session.call

    def call(self: Any, name: str, content: bytes = b"", *more: Any, **given: Any) -> Any:
        sent.append(len(content))
        if len(sent) in (20, 40):
            far.cut()
        return usual(self, name, content, *more, **given)

    monkeypatch.setattr(session.Session, "call", call)

    assert machine.bring(file).read_bytes() == content
    assert sum(sent) < 110_000
    assert [path.name for path in (far.folder / "sources").iterdir()] == [file.name]


def test_two_launchers_send_the_same_file(
    far: Far, machine: RemoteMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PART", 1000)
    content = os.urandom(100_000)
    file = brought(machine.folder, content)
    machines = [machine, RemoteMachine(far.session, machine.folder)]
    there: list[Path] = []
    threads = [threading.Thread(target=lambda m=m: there.append(m.bring(file))) for m in machines]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(there) == 2
    assert {path.read_bytes() for path in there} == {content}
    assert len(list((far.folder / "sources").iterdir())) == 1


def test_what_arrived_broken_is_sent_again(machine: RemoteMachine, far: Far) -> None:
    file = brought(machine.folder, b"right")
    digest = hashlib.sha256(b"right").hexdigest()
    (far.folder / "sources").mkdir(parents=True)
    (far.folder / "sources" / f".draft-{digest}").write_bytes(b"wrong")

    assert machine.bring(file).read_bytes() == b"right"


def brought(folder: Path, content: bytes) -> Path:
    file = folder / "sources" / f"{uuid4().hex}.tar.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return file


def test_who_no_longer_waits_ends_the_installer(far: Far, machine: RemoteMachine) -> None:
    uv = far.home / "bin" / "uv"
    uv.write_text(f"#!/bin/sh\necho $$ > {far.home}/uv-runs\nexec sleep 600\n")
    uv.chmod(0o700)
    program = (
        "import sys, threading, _thread\n"
        "from pathlib import Path\n"
        "from zenml_acme._core.transport.session import Session\n"
        "from zenml_acme._core.transport.remote import RemoteMachine\n"
        "from zenml_acme._core.environment.packages.build import Packages\n"
        "session = Session('far', {'workdir': None, 'options': {}})\n"
        "try:\n"
        "    RemoteMachine(session, Path()).build(Packages(('nothing==1',)))\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as launcher:
        runs = until(lambda: (far.home / "uv-runs").exists() and (far.home / "uv-runs").read_text())
        launcher.send_signal(2)
        assert launcher.stdout
        assert launcher.stdout.readline() == b"interrupted\n"

        # While the launcher lives on.
        until(lambda: not Path("/proc", runs.strip()).exists())
        launcher.communicate()


def test_an_installer_ends_with_the_connection(far: Far, machine: RemoteMachine) -> None:
    uv = far.home / "bin" / "uv"
    uv.write_text(f"#!/bin/sh\necho $$ > {far.home}/uv-runs\nexec sleep 600\n")
    uv.chmod(0o700)

    def build() -> None:
        with suppress(ConnectionLostError):
            far.session.call("build", packages=vars(Packages(("nothing==1",))))

    call = threading.Thread(target=build)
    call.start()
    runs = until(lambda: (far.home / "uv-runs").exists() and (far.home / "uv-runs").read_text())

    far.cut()

    until(lambda: not Path("/proc", runs.strip()).exists())
    call.join()


def test_the_agent_needs_the_standard_library_alone(tmp_path: Path) -> None:
    archive = tmp_path / "agent.zip"
    archive.write_bytes(starting.archive())
    program = (
        f"import sys; sys.path.insert(0, {str(archive)!r})\n"
        "import importlib, zipfile\n"
        f"for name in zipfile.ZipFile({str(archive)!r}).namelist():\n"
        "    if not name.endswith('options.py'):\n"
        "        module = name[:-3].replace('/', '.').removesuffix('.__init__')\n"
        "        importlib.import_module(module)\n"
        "print(sorted(n for n in sys.modules if n.startswith(('zenml.', 'pydantic'))))\n"
    )
    python = Path(sys.base_prefix, "bin", "python3")

    told = subprocess.run([python, "-I", "-S", "-c", program], capture_output=True, text=True)

    assert (told.stdout, told.stderr) == ("[]\n", "")


def test_the_agent_is_always_the_same_bytes_and_small() -> None:
    first = starting.archive()
    starting.archive.cache_clear()

    assert starting.archive() == first
    assert len(first) < 64 * 1024


def test_the_plain_words_of_a_job_hold_all_of_it(tmp_path: Path) -> None:
    from zenml_acme._core.transport import messages

    original = job(tmp_path, "sh", "-c", "x\n'\"\udcff", A="b")
    told = json.loads(json.dumps(messages.told_job(original, {"nice": 1})))

    again = messages.job_of(told)

    assert again.options.nice == 1
    for name in ("name", "command", "environment", "resources", "runtime", "labels"):
        assert getattr(again, name) == getattr(original, name)
