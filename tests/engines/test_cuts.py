"""A connection that is cut, stalls and garbles: no job behind it is lost, or runs twice."""

import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.engines.test_behind_ssh import wait_for
from tests.engines.test_engines import SLURM, SSH, Engine, each, environment_of, project
from tests.zenml.versions import NEWEST

__all__ = ["project"]

CUTS = int(os.environ.get("CUTS", "20"))
"""How often; all that is claimed of it was seen with 200."""

FLOW = Path(__file__).parent / "workspace"


class Proxy:
    """Hands bytes on to sshd, until it does something to them.

    Attributes:
        port: that it listens on.
        faults: how many connections it has broken.
    """

    def __init__(self, target: int, seed: int) -> None:
        self.faults = 0
        self.breaks = False
        self._target = target
        self._random = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                fault = Fault(self._random.choice(("cut", "stall", "garble")))
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=hand_on, args=(*pair, fault), daemon=True).start()
                wait = self._random.uniform(0.3, 2)
                threading.Thread(target=self._break, args=(client, server, fault, wait)).start()

    def _break(
        self, client: socket.socket, server: socket.socket, fault: "Fault", wait: float
    ) -> None:
        while not self.breaks:
            if fault.is_over:
                return
            time.sleep(0.05)
        time.sleep(wait)
        if fault.is_over:
            # It has ended by itself.
            return
        fault.has_begun.set()
        if fault.kind != "cut":
            # What is garbled, ssh hears by itself; one that stalls is cut in the end.
            time.sleep(2)
        for end in (client, server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.faults += 1


class Fault:
    """What happens to a connection, as soon as it has begun."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.has_begun = threading.Event()
        self.is_over = False


def hand_on(source: socket.socket, sink: socket.socket, fault: Fault) -> None:
    with suppress(OSError):
        while content := source.recv(65536):
            if fault.has_begun.is_set() and fault.kind == "stall":
                continue
            if fault.has_begun.is_set() and fault.kind == "garble":
                content = bytes(byte ^ 0x55 for byte in content)
            sink.sendall(content)
    fault.is_over = True
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def breaking(folder: Path) -> Iterator[Proxy]:
    """A proxy before the login machine; `folder/ssh` goes through it."""
    login = Path(os.environ["TEST_LOGIN_BIN"])
    # All of its accounts are on one.
    [port] = set(re.findall(r"Port (\d+)", (login.parent / "config").read_text()))
    proxy = Proxy(int(port), seed=CUTS)
    # The key is known by the address that it has without a proxy.
    ssh = folder / "ssh"
    options = f"-o Port={proxy.port} -o 'HostKeyAlias=[127.0.0.1]:{port}'"
    ssh.write_text(f"#!/bin/sh\nexec '{login / 'ssh'}' {options} \"$@\"\n")
    ssh.chmod(0o700)
    try:
        yield proxy
    finally:
        proxy.close()


@each(ssh=SSH, slurm=SLURM)
def test_no_job_is_lost_or_runs_twice(engine: Engine, project: Path, tmp_path: Path) -> None:
    if "TEST_LOGIN_BIN" not in os.environ:
        pytest.skip("no TEST_LOGIN_BIN in the environment: run `make engines test-engines`")
    cuts = CUTS if engine is SSH else CUTS // 3
    workdir = Path(tempfile.mkdtemp(prefix="cuts-", dir=os.environ["TEST_LOGIN_PLACE"]))
    for folder in (workdir, workdir / "lines"):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o1777)
    environment = environment_of(project, NEWEST)
    (tmp_path / "bin").mkdir()
    until = tmp_path / "until"
    said = tmp_path / "said"
    with breaking(tmp_path / "bin") as proxy, said.open("w") as output:
        process = subprocess.Popen(
            [environment.python, FLOW / "cuts.py", workdir, until],
            cwd=project,
            env=os.environ
            | {
                "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "ZENML_ANALYTICS_OPT_IN": "false",
                "ZENML_CONFIG_PATH": str(tmp_path / "zenml"),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(lambda: "READY" in said.read_text() or process.poll() is not None)
            proxy.breaks = True
            wait_for(lambda: proxy.faults >= cuts or process.poll() is not None, 10 * cuts)
            proxy.breaks = False
            until.touch()
            process.wait(300)
        finally:
            process.kill()
    assert process.returncode == 0, said.read_text()
    [jobs] = re.findall(r"JOBS (\d+)", said.read_text())
    print(f"{proxy.faults} cuts, {jobs} jobs")
    assert int(jobs) > 0
    shutil.rmtree(workdir)
