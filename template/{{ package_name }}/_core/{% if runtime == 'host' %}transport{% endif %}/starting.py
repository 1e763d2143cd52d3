"""How the agent gets to another machine: what it is made of, and what starts it.

A login shell reads a script from its standard input, since every other way to hand one
over depends on which shell it is, and since PATH and the clusters' variables are set
there alone. The script ends by becoming Python, which reads on. Nothing of it is
secret: a startup file may `exec` another shell, which would read it as commands.
"""

from __future__ import annotations

import hashlib
import io
import shlex
import zipfile
from functools import cache

from .. import PACKAGE
from .faults import NO_PYTHON

PARTS = (
    "__init__.py",
    "engine/*.py",
    "_core/__init__.py",
    "_core/engine.py",
    "_core/resources.py",
    "_core/usage.py",
    "_core/environment/__init__.py",
    "_core/environment/bootstrap.py",
    "_core/environment/containers.py",
    "_core/environment/janitor.py",
    "_core/environment/job_folder.py",
    "_core/environment/scripts.py",
    "_core/environment/workdir.py",
    "_core/environment/packages/__init__.py",
    "_core/environment/packages/build.py",
    "_core/environment/packages/content.py",
    "_core/environment/packages/installers.py",
    "_core/environment/packages/lines.py",
    "_core/transport/__init__.py",
    "_core/transport/agent.py",
    "_core/transport/machine.py",
    "_core/transport/messages.py",
)
"""What of this package the agent is made of: it needs the standard library alone."""

MARK = "step-operator-agent"
"""Begins the first line that is no startup file's."""

PYTHONS = ("python3", *(f"python3.{minor}" for minor in range(14, 9, -1)), "python")

OLD_ENOUGH_TO_READ = "import sys; sys.exit(sys.version_info < (3, 10))"

SCRIPT = """if true; then
for python in {pythons}; do
"$python" -c {probe} </dev/null >/dev/null 2>&1 && exec "$python" -I -c {loader} {given}
done
for python in {pythons}; do
command -v "$python" >/dev/null 2>&1 && echo "$python: $("$python" -V 2>&1)" >&2
done
exit {code}
fi
"""
"""It is read to its end before anything of it is run: what follows is the agent's."""

LOADER = """
import hashlib, os, sys, tempfile
mark, digest, package = sys.argv[1:]
source, sink = sys.stdin.buffer, sys.stdout.buffer
home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
folder = os.path.join(home, package)
archive = os.path.join(folder, digest + ".zip")
def say(word):
    sink.write(("\\n%s %s\\n" % (mark, word)).encode())
    sink.flush()
def write(folder, content):
    os.makedirs(folder, 0o700, exist_ok=True)
    number, draft = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        os.replace(draft, os.path.join(folder, digest + ".zip"))
    except OSError:
        os.unlink(draft)
        raise
if os.path.exists(archive):
    os.utime(archive)
    say("have")
else:
    say("send")
    size = int(source.readline())
    content = source.read(size)
    if hashlib.sha256(content).hexdigest() != digest:
        sys.exit("the agent arrived broken")
    try:
        write(folder, content)
    except OSError:
        # There may be no room, or none for us: then for this session alone.
        folder = tempfile.mkdtemp()
        write(folder, content)
        archive = os.path.join(folder, digest + ".zip")
sys.path.insert(0, archive)
from importlib import import_module
import_module(package + "._core.transport.agent").main(source, sink)
"""


@cache
def archive() -> bytes:
    """Return the agent as an archive that Python imports from; always the same bytes.

    One without compression would start no sooner.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted({p for part in PARTS for p in PACKAGE.glob(part)}):
            # With a date of its own, the same content would not be the same bytes.
            name = path.relative_to(PACKAGE.parent).as_posix()
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, path.read_bytes())
    return content.getvalue()


@cache
def digest() -> str:
    """Return the name of the agent: what its content is."""
    return hashlib.sha256(archive()).hexdigest()


def script(python: str | None = None) -> bytes:
    """Return what a login shell is to read.

    Args:
        python: An interpreter there that is tried before all others.
    """
    names = [shlex.quote(name) for name in PYTHONS]
    if python:
        own = shlex.quote(python.removeprefix("~/"))
        names.insert(0, f'"$HOME"/{own}' if python.startswith("~/") else own)
    return SCRIPT.format(
        pythons=" ".join(names),
        probe=shlex.quote(OLD_ENOUGH_TO_READ),
        loader=shlex.quote(LOADER),
        given=shlex.join((MARK, digest(), PACKAGE.name)),
        code=NO_PYTHON,
    ).encode()
