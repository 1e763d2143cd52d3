"""A shell completes commands, backends and options."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from sop_new.errors import Code

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import failure, program, run, succeed
from tests.cli.teams import TeamTemplate

BACKENDS = {"local", "slurm", "gridengine", "ssh", "docker", "blank"}

CASES = [
    ("ba", {"backends"}),
    ("", {"backends", "try", "check", "update", "diff", "adopt", "team"}),
    ("zenml-acme --backend ", BACKENDS),
    ("zenml-acme -b lo", {"local"}),
    ("-b bl", {"blank"}),
    ("--ba", {"--backend"}),
    ("--dr", {"--dry-run"}),
    ("team ", {"init", "show"}),
    ("update --ch", {"--check"}),
]

BASH = """
eval "$(sop-new --show-completion bash)"
COMP_WORDS=(sop-new {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_sop_new_completion sop-new
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def on_path() -> dict[str, str]:
    """Variables for a shell that finds sop-new."""
    return {"PATH": f"{Path(program()[0]).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize(("typed", "completed"), CASES)
def test_bash_completes(here: Path, typed: str, completed: set[str]) -> None:
    words = f'{typed}""' if not typed or typed.endswith(" ") else typed
    script = BASH.format(words=words)

    assert set(succeed("bash", "-c", script, folder=here, **on_path()).split()) == completed


@pytest.mark.parametrize(("typed", "completed"), CASES)
def test_fish_is_told_what_completes(here: Path, typed: str, completed: set[str]) -> None:
    asked = {"_SOP_NEW_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    line = f"sop-new {typed}"
    told = succeed(*program(), folder=here, _TYPER_COMPLETE_ARGS=line, **asked)

    assert {line.partition("\t")[0] for line in told.splitlines()} == completed


@pytest.mark.parametrize(("typed", "completed"), CASES)
def test_zsh_is_told_what_completes(here: Path, typed: str, completed: set[str]) -> None:
    asked = {"_SOP_NEW_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": f"sop-new {typed}"}
    told = succeed(*program(), folder=here, **asked)

    assert told.startswith("_arguments '*: :((")
    assert {line.split('"')[1] for line in told[len("_arguments '*: :((") :].splitlines()} == (
        completed
    )


def test_backends_come_with_their_summaries(here: Path) -> None:
    asked = {"_SOP_NEW_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    told = succeed(*program(), folder=here, _TYPER_COMPLETE_ARGS="sop-new x -b s", **asked)

    assert told.splitlines() == [
        "slurm\ta job of a Slurm cluster",
        "ssh\ta process group behind ssh",
    ]


def test_a_teams_own_backends_are_completed(here: Path, team: TeamTemplate) -> None:
    script = BASH.format(words="x -b ac")
    told = succeed("bash", "-c", script, folder=here, SOP_NEW_TEAM=str(team.folder), **on_path())

    assert told == "acmeq\n"


@pytest.mark.parametrize(
    ("shell", "file"),
    [
        ("bash", ".bash_completions/sop-new.sh"),
        ("zsh", ".zfunc/_sop-new"),
        ("fish", ".config/fish/completions/sop-new.fish"),
    ],
)
def test_completion_is_installed_and_is_what_is_shown(
    here: Path, tmp_path: Path, shell: str, file: str
) -> None:
    home = tmp_path / "home"
    told = succeed(*program(), "--install-completion", shell, folder=here, HOME=str(home))
    shown = succeed(*program(), "--show-completion", shell, folder=here)

    assert str(home / file) in told
    assert (home / file).read_text().strip() == shown.strip()
    assert "sop-new" in shown


@pytest.mark.may_skip
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_that_asks_is_found(here: Path, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not here")
    # With a command after it, the shell stays while sop-new runs.
    told = succeed(shell, "-c", "sop-new --show-completion; true", folder=here, **on_path())

    assert told == succeed(*program(), "--show-completion", shell, folder=here)


def test_an_unknown_shell_is_refused(sop_new: SopNew) -> None:
    told = failure(sop_new("--show-completion", "tcsh", "--json"), Code.USAGE)

    assert "bash, zsh, fish" in told.hint


def test_a_home_that_cannot_be_written_is_told(here: Path, tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    ran = run(*program(), "--install-completion", "bash", folder=here, HOME=str(tmp_path / "home"))

    assert ran.status == Code.WRITE_FAILED.status
    assert "Traceback" not in ran.stderr
