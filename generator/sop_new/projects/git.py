"""How git is run for us: without what its user has set up for repositories of their own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping

HOOKLESS = {"core.fsmonitor": "false", "core.hooksPath": os.devnull}
"""In the owner's repository: their hooks are for what they do themselves."""

NEUTRAL = {
    **HOOKLESS,
    "commit.gpgSign": "false",
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "core.eol": "lf",
    "core.quotePath": "false",
    "init.templateDir": "",
    "tag.gpgSign": "false",
}
"""In a repository of ours: whoever runs us, a template has the same bytes."""

ELSEWHERE = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_TEMPLATE_DIR",
    "GIT_WORK_TREE",
)
"""What git hands to its hooks and aliases: it would lead us to the repository they run for."""


def options(settings: Mapping[str, str]) -> Iterator[str]:
    """Settings as options of the command line."""
    for key, value in settings.items():
        yield from ("-c", f"{key}={value}")


def git_setting(key: str, value: str) -> dict[str, str]:
    """Environment variables that add one setting to git's, after those already given so."""
    count = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    return {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": key,
        f"GIT_CONFIG_VALUE_{count}": value,
    }


def environment() -> dict[str, str]:
    """The environment for git, in whatever folder it is told to work; it never asks."""
    kept = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    return kept | {"GIT_TERMINAL_PROMPT": "0"}


def run(
    *arguments: str, settings: Mapping[str, str] = HOOKLESS, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run git, whatever comes of it; without a git, that is status 127.

    Args:
        arguments: what follows the word git.
        settings: those that win over the user's.
        stdin: what it reads.
    """
    command = ["git", *options(settings), *arguments]
    try:
        return subprocess.run(
            command,
            input=stdin,
            env=environment(),
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", "git is not on PATH")
