"""Docker's API, as far as the engine uses it, with the answers of Docker 20.10."""

from __future__ import annotations

import json
import socket
import socketserver
import sys
import threading
import time
import uuid
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler
from itertools import starmap
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


class FakeDocker(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A daemon on a socket, with containers that only the tests let end."""

    daemon_threads = True

    def __init__(self, socket: Path) -> None:
        """Listen."""
        super().__init__(str(socket), Handler)
        self.address = f"unix://{socket}"
        self.lock = threading.Lock()
        self.containers: dict[str, dict[str, Any]] = {}
        """What `POST /containers/create` was given, and what became of it."""
        self.images = {"image:1"}
        self.logins: list[str | None] = []
        """The credentials of each pull, as the header has them."""
        self.asked: list[str] = []
        """The requests, as `GET /containers/json`."""
        self.fault = ""
        """Refuses what is asked next with this message, if it names this path."""
        self.faulty_path = ""
        self.fault_status = 500
        self.lost = 0
        """How many answers get lost, after it was done, if what is asked for names this path."""
        self.lost_path = ""
        self.unseen = 0
        """How many lists do not show yet what is there."""
        self.pull_fault = ""
        """What goes wrong once a pull has begun."""
        self.clock_seconds = 0.0
        """How far its clock is ahead of the one of the tests."""
        self.stop_signal: str | int | None = None
        """What the images say of themselves."""
        self.heeded = {"SIGTERM", "SIGKILL"}
        """The signals that let containers end."""
        self.components = ["Engine", "containerd", "runc"]
        """What it says that it is made of."""
        self.tail_seconds = 0.0
        """How long it looks for the last lines."""
        self.security = ["name=seccomp,profile=default"]
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, *told: Any) -> None:
        """Keep quiet about who has hung up."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(*told)

    @property
    def now(self) -> float:
        """The time by its own clock."""
        return time.time() + self.clock_seconds

    def let(self, name: str, status: str, **state: Any) -> None:
        """Let a container be in a state."""
        self.containers[name]["State"].update(Status=status, **state)

    def age(self, name: str, seconds: float) -> None:
        """Let a container have been created, and started, so long ago."""
        self.containers[name]["Created"] -= seconds
        self.containers[name]["Started"] -= seconds


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: FakeDocker

    def address_string(self) -> str:
        """Nobody, since a socket has no address."""
        return ""

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        """Tell."""
        path, query = self.asked()
        match path:
            case ["version"]:
                components = [{"Name": name} for name in self.server.components]
                told = {"ApiVersion": "1.41", "Version": "20.10.24"}
                self.answer(told | {"Components": components})
            case ["info"]:
                # Where its zone is another one.
                zone = timezone(timedelta(hours=9))
                self.answer(
                    {
                        "Name": "machine",
                        "SecurityOptions": self.server.security,
                        "SystemTime": told_time(self.server.now, zone),
                    }
                )
            case ["images", *name, "json"]:
                if "/".join(name) in self.server.images:
                    self.answer({"Id": "sha256:1", "RepoTags": ["/".join(name)]})
                else:
                    self.refuse(404, f"No such image: {'/'.join(name)}")
            case ["containers", "json"]:
                assert json.loads(query["filters"])["label"] == ["zenml.step"]
                assert query["all"] == "1"
                known = {} if self.server.unseen else self.server.containers
                self.server.unseen = max(0, self.server.unseen - 1)
                self.answer([*starmap(listed, known.items())])
            case ["containers", name, "json"]:
                if found := self.find(name):
                    started = told_time(found["Started"], timezone.utc)
                    state = found["State"] | {"StartedAt": started.replace("+00:00", "Z")}
                    config = {"Tty": False, "StopSignal": self.server.stop_signal}
                    self.answer({"Id": found["Id"], "State": state, "Config": config})
            case ["containers", name, "logs"]:
                if found := self.find(name):
                    self.log(found["Log"], query["tail"])
            case _:
                self.refuse(404, "page not found")

    def do_POST(self) -> None:
        """Do."""
        path, query = self.asked()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match path:
            case ["images", "create"]:
                self.server.logins.append(self.headers.get("X-Registry-Auth"))
                told: list[dict[str, Any]] = [{"status": "Pulling"}]
                if fault := self.server.pull_fault:
                    told.append({"error": fault, "errorDetail": {"message": fault}})
                else:
                    self.server.images.add(f"{query['fromImage']}:{query['tag']}")
                self.stream(*told)
            case ["containers", "create"]:
                self.create(query["name"], json.loads(body))
            case ["containers", name, "start"]:
                if found := self.find(name):
                    found["State"]["Status"] = "running"
                    found["Started"] = self.server.now
                    self.answer(None, 204)
            case ["containers", name, "rename"]:
                if found := self.find(name):
                    containers = self.server.containers
                    [old] = [n for n, known in containers.items() if known is found]
                    containers[query["name"]] = containers.pop(old)
                    self.answer(None, 204)
            case ["containers", name, "kill"]:
                if found := self.find(name):
                    self.kill(found, query["signal"])
            case _:
                self.refuse(404, "page not found")

    def do_DELETE(self) -> None:
        """Delete."""
        path, query = self.asked()
        if found := self.find(path[1]):
            containers = self.server.containers
            [old] = [name for name, known in containers.items() if known is found]
            assert (query["v"], query["force"]) == ("True", "True")
            del containers[old]
            self.answer(None, 204)

    def asked(self) -> tuple[list[str], dict[str, str]]:
        """Return the parts of the path without the API's version, and the query."""
        url = urlsplit(self.path)
        path = url.path.removeprefix("/v1.41")
        self.server.asked.append(f"{self.command} {path}")
        if self.server.fault and self.server.faulty_path in path:
            fault, self.server.fault = self.server.fault, ""
            self.refuse(self.server.fault_status, fault)
            return ["refused"], {}
        return path.strip("/").split("/"), {
            name: values[0] for name, values in parse_qs(url.query).items()
        }

    def create(self, name: str, request: dict[str, Any]) -> None:
        """Create a container, unless its name is taken."""
        with self.server.lock:
            if name in self.server.containers:
                taken = f'Conflict. The container name "/{name}" is already in use'
                self.refuse(409, taken)
                return
            number = uuid.uuid4().hex * 2
            state = {"Status": "created", "ExitCode": 0, "OOMKilled": False}
            self.server.containers[name] = request | {
                "Id": number,
                "Created": self.server.now,
                "Started": self.server.now,
                "Signals": [],
                "State": state,
                "Log": [b"first\n", b"last \xff\n"],
            }
        self.answer({"Id": number, "Warnings": []}, 201)

    def kill(self, found: dict[str, Any], signal: str) -> None:
        """Send a signal."""
        if found["State"]["Status"] != "running":
            self.refuse(409, f"Container {found['Id']} is not running")
            return
        found["Signals"].append(signal)
        if signal in self.server.heeded:
            code = {"SIGTERM": 143, "SIGKILL": 137}.get(signal, 1)
            found["State"].update(Status="exited", ExitCode=code)
        self.answer(None, 204)

    def log(self, pieces: list[bytes], tail: str) -> None:
        """Send pieces of a log, each after its stream, 1 or 2, and its length."""
        if tail != "all":
            time.sleep(self.server.tail_seconds)
            pieces = pieces[-int(tail) :]
        self.send_response(200)
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"\1\0\0\0" + len(piece).to_bytes(4, "big"))
            self.wfile.write(piece)

    def stream(self, *told: dict[str, Any]) -> None:
        """Send objects in chunks."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in (*(json.dumps(each).encode() + b"\r\n" for each in told), b""):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))

    def find(self, name: str) -> dict[str, Any] | None:
        """Find a container by its name or number, and say so if there is none."""
        for known, found in self.server.containers.items():
            if name in (known, found["Id"]):
                return found
        self.refuse(404, f"No such container: {name}")
        return None

    def answer(self, what: Any, status: int = 200) -> None:
        """Send bytes as they are, all else as JSON; or nothing, if it gets lost."""
        if self.server.lost and self.server.lost_path in self.path:
            self.server.lost -= 1
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = what if isinstance(what, bytes) else json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(0 if what is None else len(body)))
        self.end_headers()
        if what is not None:
            self.wfile.write(body)

    def refuse(self, status: int, message: str) -> None:
        """Send an error."""
        self.answer({"message": message}, status)


def listed(name: str, container: dict[str, Any]) -> dict[str, Any]:
    """Return what a list says of a container."""
    return {
        "Id": container["Id"],
        "ImageID": "sha256:1",
        "Names": [f"/{name}"] if name else [],
        "Created": int(container["Created"]),
        "Labels": container["Labels"],
        "State": container["State"]["Status"],
    }


def told_time(seconds: float, zone: timezone) -> str:
    """Return a time as Go writes it, to the nanosecond."""
    told = datetime.fromtimestamp(seconds, zone).isoformat(timespec="microseconds")
    return f"{told[:26]}789{told[26:]}"
