"""A team's repository as `sop-new team init` starts it passes the tests that it brings along."""

import os
import re
import sys
from pathlib import Path

from tests.cli.sop_new_runs import git, program, run, succeed, uv
from tests.template.rendering import REPOSITORY


def test_its_own_tests_pass(tmp_path: Path) -> None:
    python = "{}.{}".format(*sys.version_info)
    started = tmp_path / "acme-template"
    succeed(*program(), "team", "init", started, "-d", f"python={python}", folder=tmp_path)
    git(started, "init", "--quiet")
    git(started, "add", "--all")
    git(started, "commit", "--quiet", "--message", "As it was created")
    requirements = started / "requirements.txt"
    text, found = re.subn(
        "(?m)^sop-new @ .*", f"sop-new @ {REPOSITORY.as_uri()}", _read(requirements)
    )
    assert found == 1
    (tmp_path / "requirements.txt").write_text(text)
    succeed(uv(), "venv", "--quiet", "--python", sys.executable, ".venv", folder=started)
    succeed(
        *(uv(), "pip", "install", "--quiet", "--requirement", tmp_path / "requirements.txt"),
        folder=started,
        VIRTUAL_ENV=str(started / ".venv"),
    )

    ran = run(
        *(started / ".venv" / "bin" / "python", "-m", "pytest", "-p", "no:cacheprovider"),
        folder=started,
        PATH=f"{Path(uv()).parent}{os.pathsep}{os.environ['PATH']}",
    )

    assert ran.status == 0, ran.stdout
    assert "skipped" not in ran.stdout


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
