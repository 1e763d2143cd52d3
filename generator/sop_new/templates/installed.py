"""Where this sop-new was installed from, and how it gets newer."""

from __future__ import annotations

import json
import shlex
import sys
from importlib.metadata import distribution
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote, urlsplit

from sop_new.templates.source import canonical_url


def upgrade() -> str:
    """The command that installs the newest sop-new, from the address that this one came from.

    A bare name would be looked for on an index, where anybody may have registered it.
    """
    told = _direct_url()
    if "dir_info" in told:
        folder = shlex.quote(unquote(urlsplit(told["url"]).path))
        pull = f"git -C {folder} pull"
        return pull if told["dir_info"].get("editable") else f"{pull} && {_install(folder)}"
    address = f"git+{told['url'] if 'vcs_info' in told else canonical_url()}"
    return _install(f"--upgrade {shlex.quote(address)}")


def _direct_url() -> dict[str, Any]:
    # https://packaging.python.org/en/latest/specifications/direct-url/
    text = distribution("sop-new").read_text("direct_url.json")
    told = json.loads(text) if text else {}
    return told if isinstance(told, dict) else {}


def _install(what: str) -> str:
    python = shlex.quote(sys.executable)
    pip = f"{python} -m pip install" if find_spec("pip") else f"uv pip install --python {python}"
    return f"{pip} {what}"
