"""The environment of a step on a host, with real packages, for a user who may do nothing.

A user without rights, with a home that cannot be written to, under a path with a blank, from
a checkout that belongs to somebody else: one run of the examples and of a step that asks for
a package feeds all tests.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.template.environments import find_uv, uv
from tests.template.projects import NAME, PACKAGE
from tests.template.rendering import git, render
from tests.zenml.versions import NEWEST

NOBODY = 65534

PIPELINE = """
import json
import os
import sys
from importlib.metadata import version
from typing import Any

from zenml import pipeline, step
from zenml.config import DockerSettings


@step(
    step_operator="acme",
    enable_cache=False,
    settings={"docker": DockerSettings(requirements=["tomli-w==1.2.0"])},
)
def look() -> dict[str, Any]:
    import tomli_w
    import zenml
    import zenml_acme.operator

    modules = (tomli_w, zenml, zenml_acme.operator)
    return {
        "prefix": sys.prefix,
        "user": os.geteuid(),
        "asked": version("tomli-w"),
        "zenml": zenml.__version__,
        "files": [module.__file__ for module in modules],
        "compiled": [os.path.exists(module.__cached__) for module in modules],
    }


@pipeline
def looking() -> None:
    look()


if __name__ == "__main__":
    seen = looking().steps["look"].outputs["output"][0].load()
    print("SEEN", json.dumps(seen))
"""


@dataclass(frozen=True)
class User:
    """Runs commands as somebody else, if that is possible, and else as oneself."""

    place: Path

    @cached_property
    def identity(self) -> dict[str, Any]:
        if os.geteuid():
            return {}
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    @property
    def home(self) -> Path:
        return self.place / "read-only home"

    @property
    def zenml(self) -> Path:
        return self.place / "a zenml"

    def can_run(self, python: Path) -> bool:
        check = "import sys; sys.exit(sys.version_info < (3, 10))"
        try:
            return not subprocess.run([python, "-c", check], **self.identity).returncode
        except OSError:
            return False

    def run(self, *arguments: str | Path, folder: Path) -> str:
        environment = {
            "PATH": f"{self.place / 'bin'}{os.pathsep}{os.defpath}",
            "HOME": str(self.home),
            "ZENML_CONFIG_PATH": str(self.zenml),
            "ZENML_ANALYTICS_OPT_IN": "false",
            # A list, separated by blanks.
            "UV_CONSTRAINT": str(self.place.parent / "constraints.txt"),
            **{name: value for name, value in os.environ.items() if name in ALSO},
        }
        result = subprocess.run(
            [self.place / "env" / "bin" / "python", *arguments],
            **self.identity,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout)
        assert result.returncode == 0, said
        return said


ALSO = ("SSL_CERT_FILE", "HTTPS_PROXY", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_PYTHON_DOWNLOADS")


@dataclass(frozen=True)
class Told:
    user: User
    example: str
    pipeline: str

    @property
    def seen(self) -> dict[str, Any]:
        """What the step has seen."""
        [found] = re.findall(r"^SEEN (.*)$", self.pipeline, re.MULTILINE)
        seen: dict[str, Any] = json.loads(found)
        return seen


@pytest.fixture(scope="module")
def told(template: Path) -> Iterator[Told]:
    # Below pytest's own folders nobody else sees anything.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        place = Path(name) / "with a blank"
        place.mkdir()
        Path(name).chmod(0o755)
        yield tell(template, User(place))


def tell(template: Path, user: User) -> Told:
    running = Path(sys.base_prefix) / "bin" / "python3"
    candidates = (running, Path("/usr/bin/python3"))
    python = next((path for path in candidates if user.can_run(path)), None)
    if not python:
        pytest.skip("no Python from 3.10 on that another user may run")

    place = user.place
    user.home.mkdir(mode=0o555)
    user.zenml.mkdir()
    if user.identity:
        os.chown(user.zenml, NOBODY, NOBODY)
    shutil.copy(NEWEST.lock, place.parent / "constraints.txt")
    (place / "bin").mkdir()
    shutil.copy(find_uv(), place / "bin" / "uv")

    uv("venv", "--python", str(python), str(place / "env"))
    install = ("pip", "install", "--python", str(place / "env" / "bin" / "python"))
    uv(*install, "--requirement", str(NEWEST.lock))
    project = render(template, place / NAME, {"backend": "local"})
    uv(*install, "--offline", "--no-deps", "--no-build-isolation", "--editable", str(project))
    # One that git does not trust, if another user looks.
    root = place / "a root"
    root.mkdir()
    git(root, "init", "--quiet")
    (root / "looking.py").write_text(PIPELINE)

    user.run("examples/register.py", "--activate", folder=project)
    example = user.run("examples/pipeline.py", folder=project)
    return Told(user, example, user.run("looking.py", folder=root))


pytestmark = [
    pytest.mark.may_skip,  # Where the only Python is out of another user's reach.
    pytest.mark.xdist_group("environments-of-steps"),
]


def test_the_example_runs(told: Told) -> None:
    assert re.search(r"estimated pi = 3\.1", told.example)


def test_a_step_gets_an_environment_with_what_it_asks_for(told: Told) -> None:
    prefix = told.seen["prefix"]
    assert Path(prefix).is_relative_to(told.user.zenml)
    assert all(Path(file).is_relative_to(prefix) for file in told.seen["files"])
    assert told.seen["asked"] == "1.2.0"
    assert told.seen["zenml"] == NEWEST.version


def test_all_of_the_environment_is_compiled(told: Told) -> None:
    assert told.seen["compiled"] == [True, True, True]


def test_it_is_the_user_who_runs_the_step(told: Told) -> None:
    assert told.seen["user"] == told.user.identity.get("user", os.geteuid())


def test_nothing_is_left_in_the_home(told: Told) -> None:
    assert list(told.user.home.iterdir()) == []


def test_a_repository_that_git_does_not_trust_is_told(told: Told) -> None:
    if told.user.identity:
        assert "dubious ownership" in told.pipeline


def test_nobody_else_sees_what_is_kept(told: Told) -> None:
    [kept] = told.user.zenml.glob(f"step_operators/{PACKAGE}")
    assert kept.stat().st_mode & 0o077 == 0
