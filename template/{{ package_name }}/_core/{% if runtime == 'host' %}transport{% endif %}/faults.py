"""What goes wrong between here and a machine behind ssh.

ssh ends with 255 for whatever it is that went wrong with the connection, and says which
in words alone (OpenSSH 7 to 10).
"""

from __future__ import annotations

import re
import shlex

OF_SSH = 255
"""The exit code of ssh itself."""

NO_PYTHON = 97
"""The exit code of the starting script where there is no Python for the agent."""

UNKNOWN_KEY = re.compile(r"Host key verification failed|No \S+ host key is known")
CHANGED_KEY = re.compile(
    r"REMOTE HOST IDENTIFICATION HAS CHANGED|host key .*changed", re.I
)
DENIED = re.compile(r"Permission denied|Too many authentication failures")
UNRESOLVED = re.compile(r"Could not resolve hostname|Name or service not known")
MISCONFIGURED = re.compile(
    r"Bad configuration option|terminating, \d+ bad configuration|Bad owner or perm"
    r"|no matching (host key|cipher|key exchange|MAC)|Bad (port|stdio)"
    r"|UNPROTECTED PRIVATE KEY|no argument after keyword|keyword .* extra arguments",
    re.I,
)


class ConnectionLostError(ConnectionError):
    """The machine cannot be reached now. Its jobs may be as well as ever."""


class UnusableError(RuntimeError):
    """The machine cannot be used as it is; the words say what to do."""


def fault_of(host: str, code: int, said: str, first: bool) -> Exception:
    """Tell what the end of a connection means.

    Args:
        host: The machine's name, as ssh was given it.
        code: The exit code of ssh.
        said: What ssh, or who was to be started, wrote.
        first: Whether there has been no connection yet. What was there can be back: a
            job that runs is no reason to give up for its owner's mistake.
    """
    end = "\n".join(said.strip().splitlines()[-5:])
    shown = f": {end}" if end else "."
    lost = ConnectionLostError(f"The connection to {host} is lost{shown}")
    if not first:
        return lost
    check = shlex.join(("ssh", host, "true"))
    if code == NO_PYTHON:
        return UnusableError(
            f"{host} has no Python 3.10 or newer where a login shell finds it{shown}\n"
            "Install one there, or put it on PATH in ~/.bash_profile."
        )
    if code != OF_SSH:
        return UnusableError(
            f"The login shell on {host} ends with exit code {code} before anything "
            f"runs in it{shown}\nLook at what its startup files do: {check}"
        )
    if CHANGED_KEY.search(said):
        return UnusableError(
            f"{host} shows another host key than the one that is known. Ask its "
            f"administrator whether it was renewed, and then forget the old one: "
            f"{shlex.join(('ssh-keygen', '-R', host))}"
        )
    if UNKNOWN_KEY.search(said):
        return UnusableError(
            f"The host key of {host} is not known. Look at it and accept it once: "
            f"{check}"
        )
    if DENIED.search(said):
        return UnusableError(
            f"{host} lets nobody in without a question{shown}\nLet a key or an agent "
            f"answer it, so that this works in a terminal: "
            f"{shlex.join(('ssh', '-o', 'BatchMode=yes', host, 'true'))}"
        )
    if UNRESOLVED.search(said):
        return UnusableError(
            f"There is no host {host}{shown}\n`ssh_host` is a name that your "
            f"~/.ssh/config or your network knows: {check}"
        )
    if MISCONFIGURED.search(said):
        return UnusableError(
            f"ssh cannot be used for {host}{shown}\nThis shows the same: {check}"
        )
    return lost
