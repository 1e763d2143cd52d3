"""The ZenML server that steps of another machine report to: the user's own.

They see no store and no folder of this machine (ZenML 0.98, stack/stack.py, validate).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sop_new.errors import Code, SopNewError

CONFIGURATION = ("config.yaml", "credentials.yaml")
"""What ZenML keeps of a server in the folder of its configuration (ZenML 0.84 to 0.98)."""


@dataclass(frozen=True)
class Server:
    """A ZenML server, and how ZenML is told to reach it.

    Attributes:
        url: where it is.
        variables: of the user's environment, with credentials.
        folder: of the user's configuration, with credentials; None if the variables say it all.
    """

    url: str
    variables: Mapping[str, str] = field(repr=False)
    folder: Path | None

    def connect(self, folder: Path) -> None:
        """Let the ZenML that has its configuration in a folder reach the server, and no other one.

        Args:
            folder: for the user alone.
        """
        folder.mkdir(mode=0o700, exist_ok=True)
        for name in CONFIGURATION if self.folder else ():
            if (known := Path(self.folder or "", name)).is_file():
                shutil.copy(known, folder / name)


def own_server() -> Server:
    """The server that the user's environment or ZenML is connected to.

    Raises:
        SopNewError: there is none.
    """
    # The stack is one of its own here, and chosen by that name alone.
    kept = ("ZENML_STORE_", "ZENML_ACTIVE_PROJECT_")
    variables = {name: value for name, value in os.environ.items() if name.startswith(kept)}
    if url := variables.get("ZENML_STORE_URL"):
        return Server(url.rstrip("/"), variables, None)
    folder = _configuration()
    if url := _url_in(folder / CONFIGURATION[0]):
        return Server(url.rstrip("/"), variables, folder)
    raise SopNewError(
        Code.TRY_FAILED,
        "These steps run on another machine, which sees no ZenML of this one.",
        "Connect to a ZenML server that it reaches: by `zenml login URL`, or by ZENML_STORE_URL "
        "and ZENML_STORE_API_KEY.",
    )


def _configuration() -> Path:
    from platformdirs import user_config_path

    chosen = os.environ.get("ZENML_CONFIG_PATH")
    return Path(chosen) if chosen else user_config_path("zenml")


def _url_in(file: Path) -> str:
    """The server's URL in ZenML's configuration; empty if its store is of another kind."""
    import yaml

    try:
        store = (yaml.safe_load(file.read_text(encoding="utf-8")) or {})["store"]
        return str(store["url"]) if store["type"] == "rest" else ""
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return ""
