"""A company's queue behind HTTP, small and real: its jobs are process groups of this machine.

Started by `ACMEQ_TOKEN=... python queue_server.py FOLDER`, it prints the port that it listens on,
of the loopback interface alone, and serves until it is ended:

    PUT    /jobs/NAME              takes a job; the same name again is the same job
    GET    /jobs?name=A&name=B     the states of these jobs; without names, of all
    GET    /jobs/NAME/log?bytes=N  the end of a job's output
    POST   /jobs/cancel?name=A&name=B&force=0
                                   tells these jobs to end; with 1, kills them
    DELETE /jobs/NAME              forgets a job that has ended

What it answers is JSON; what it refuses has a status of 400 or above, and a reason.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

SLOTS = 16
"""How many jobs run at a time; the others are queued."""


class Refusal(Exception):  # noqa: N818 - it is no error of the queue's
    """What the queue answers instead of doing it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class QueuedJob:
    """A job: where it is on its way, and the process group that it is."""

    def __init__(self, asked: dict[str, Any], folder: Path, slots: threading.Semaphore) -> None:
        self._command: list[str] = asked["command"]
        self._folder = folder
        self._lock = threading.Lock()
        self._told: dict[str, Any] = {"state": "queued", "exit_code": None, "reason": ""}
        self._recorded = {name: asked[name] for name in ("cpus", "memory_mib", "labels")}
        self._process: subprocess.Popen[bytes] | None = None
        self._ends_as: dict[str, Any] = {"state": "done"}
        self._thread = threading.Thread(target=self._run, args=[slots], daemon=True)
        folder.mkdir(mode=0o700, parents=True)
        (folder / "run").mkdir()
        self._thread.start()

    @property
    def told(self) -> dict[str, Any]:
        """All that the queue says about it."""
        return self._told | self._recorded

    def log(self, limit: int) -> str:
        """The end of its output."""
        try:
            with (self._folder / "log").open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - limit))
                return log.read(limit).decode(errors="replace")
        except FileNotFoundError:
            return ""

    def end(self, number: signal.Signals) -> None:
        """Tell it to end, and do not wait for it."""
        with self._lock:
            if self._told["state"] not in ("queued", "running"):
                return
            self._ends_as = {"state": "cancelled", "reason": "the job was cancelled"}
            if self._process:
                self._signal(number)
            else:
                self._told |= self._ends_as

    def wait(self) -> None:
        """Wait until it has ended."""
        self._thread.join()

    def _run(self, slots: threading.Semaphore) -> None:
        with slots:
            if not self._start():
                return
            assert self._process
            code = self._process.wait()
            # What it has left running ends with it.
            self._signal(signal.SIGKILL)
            with self._lock:
                # As shells tell the end by a signal.
                self._told |= {"exit_code": 128 - code if code < 0 else code, **self._ends_as}

    def _start(self) -> bool:
        with self._lock, (self._folder / "log").open("wb") as log:
            if self._told["state"] != "queued":
                return False
            try:
                self._process = subprocess.Popen(
                    self._command,
                    cwd=self._folder / "run",
                    env={name: os.environ[name] for name in ("HOME", "PATH")},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                reason = f"it cannot be started: {error.strerror}"
                self._told |= {"state": "failed", "reason": reason}
                return False
            self._told["state"] = "running"
            return True

    def _signal(self, number: signal.Signals) -> None:
        assert self._process
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


class Queue:
    """The jobs, by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(SLOTS)
        self._jobs: dict[str, QueuedJob] = {}

    def put(self, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            raise Refusal(400, f"{name!r} is no name of a job")
        if asked["gpus"]:
            raise Refusal(422, f"{asked['gpus']} gpus were asked for, and there are none")
        with self._lock:
            if name not in self._jobs:
                self._jobs[name] = QueuedJob(asked, self._folder / name, self._slots)
        return {}

    def states(self, names: list[str]) -> dict[str, Any]:
        with self._lock:
            known = dict(self._jobs)
        return {"jobs": {name: known[name].told for name in names or known if name in known}}

    def log(self, name: str, limit: int) -> dict[str, Any]:
        return {"log": self._find(name).log(limit)}

    def cancel(self, names: list[str], number: signal.Signals) -> dict[str, Any]:
        with self._lock:
            known = [self._jobs[name] for name in names if name in self._jobs]
        for job in known:
            job.end(number)
        return {}

    def delete(self, name: str) -> dict[str, Any]:
        if self._find(name).told["state"] in ("queued", "running"):
            raise Refusal(409, "the job has not ended")
        with self._lock:
            del self._jobs[name]
        shutil.rmtree(self._folder / name)
        return {}

    def close(self) -> None:
        """End all jobs."""
        for job in self._jobs.values():
            job.end(signal.SIGKILL)
        for job in self._jobs.values():
            job.wait()

    def _find(self, name: str) -> QueuedJob:
        with self._lock:
            if name not in self._jobs:
                raise Refusal(404, "there is no such job")
            return self._jobs[name]


class Handler(BaseHTTPRequestHandler):
    """One question to the queue, from somebody who knows the token."""

    def __init__(self, queue: Queue, token: str, *args: Any) -> None:
        self._queue = queue
        self._token = token
        super().__init__(*args)

    def _reply(self) -> None:
        try:
            status, answer = 200, self._answer()
        except Refusal as refusal:
            status, answer = refusal.status, {"reason": str(refusal)}
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = _reply  # noqa: N815 - as http.server calls them

    def _answer(self) -> dict[str, Any]:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            raise Refusal(401, "the token is wrong")
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        match self.command, *url.path.removeprefix("/").split("/"):
            case "PUT", "jobs", name:
                return self._queue.put(name, json.loads(body))
            case "GET", "jobs":
                return self._queue.states(query.get("name", []))
            case "GET", "jobs", name, "log":
                return self._queue.log(name, int(query["bytes"][0]))
            case "POST", "jobs", "cancel":
                number = signal.SIGKILL if query["force"] == ["1"] else signal.SIGTERM
                return self._queue.cancel(query.get("name", []), number)
            case "DELETE", "jobs", name:
                return self._queue.delete(name)
        raise Refusal(404, f"there is no {self.command} {url.path}")

    def log_message(self, *args: object) -> None:
        """Say nothing: nobody reads it."""


def main(folder: Path) -> None:
    queue = Queue(folder)
    handler = partial(Handler, queue, os.environ["ACMEQ_TOKEN"])
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        print(server.server_port, flush=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()
        queue.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
