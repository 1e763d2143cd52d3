"""Docker's API, as far as the engine uses it, with the answers of Docker 20.10."""

from __future__ import annotations

import json
import socketserver
import threading
import time
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
        self.security = ["name=seccomp,profile=default"]
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def let(self, name: str, status: str, **state: Any) -> None:
        """Let a container be in a state."""
        self.containers[name]["State"].update(Status=status, **state)

    def age(self, name: str, seconds: float) -> None:
        """Let a container have been created so long ago."""
        self.containers[name]["Created"] -= seconds


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
                self.answer({"ApiVersion": "1.41", "Version": "20.10.24"})
            case ["info"]:
                told = {"Name": "machine", "SecurityOptions": self.server.security}
                self.answer(told)
            case ["images", *name, "json"]:
                if "/".join(name) in self.server.images:
                    self.answer({"Id": "sha256:1", "RepoTags": ["/".join(name)]})
                else:
                    self.refuse(404, f"No such image: {'/'.join(name)}")
            case ["containers", "json"]:
                assert json.loads(query["filters"])["label"] == ["zenml.step"]
                assert query["all"] == "1"
                self.answer([*starmap(listed, self.server.containers.items())])
            case ["containers", name, "json"]:
                if found := self.find(name):
                    told = {name: found[name] for name in ("Id", "State")}
                    self.answer(told | {"Config": {"Tty": False}})
            case ["containers", name, "logs"]:
                if found := self.find(name):
                    lines = b"".join(found["Log"][-int(query["tail"]) :])
                    # Each piece after its stream, 1 or 2, and its length.
                    self.answer(b"\1\0\0\0" + len(lines).to_bytes(4, "big") + lines)
            case _:
                self.refuse(404, "page not found")

    def do_POST(self) -> None:
        """Do."""
        path, query = self.asked()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match path:
            case ["images", "create"]:
                self.server.logins.append(self.headers.get("X-Registry-Auth"))
                self.server.images.add(f"{query['fromImage']}:{query['tag']}")
                self.answer({"status": "Download complete"})
            case ["containers", "create"]:
                self.create(query["name"], json.loads(body))
            case ["containers", name, "start"]:
                if found := self.find(name):
                    found["State"]["Status"] = "running"
                    self.answer(None, 204)
            case ["containers", name, "rename"]:
                if found := self.find(name):
                    containers = self.server.containers
                    [old] = [n for n, known in containers.items() if known is found]
                    containers[query["name"]] = containers.pop(old)
                    self.answer(None, 204)
            case ["containers", name, "stop"]:
                if found := self.find(name):
                    found["Grace"] = query["t"]
                    if found["State"]["Status"] == "running":
                        found["State"].update(Status="exited", ExitCode=143)
                    self.answer(None, 204)
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
            number = f"{len(self.server.containers) + 1:064}"
            state = {"Status": "created", "ExitCode": 0, "OOMKilled": False}
            self.server.containers[name] = request | {
                "Id": number,
                "Created": time.time(),
                "State": state,
                "Log": [b"first\n", b"last \xff\n"],
            }
        self.answer({"Id": number, "Warnings": []}, 201)

    def find(self, name: str) -> dict[str, Any] | None:
        """Find a container by its name or number, and say so if there is none."""
        for known, found in self.server.containers.items():
            if name in (known, found["Id"]):
                return found
        self.refuse(404, f"No such container: {name}")
        return None

    def answer(self, what: Any, status: int = 200) -> None:
        """Send bytes as they are, all else as JSON."""
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
        "Names": [f"/{name}"],
        "Created": int(container["Created"]),
        "Labels": container["Labels"],
        "State": container["State"]["Status"],
    }
