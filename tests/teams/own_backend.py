"""A project of a team's own backend, and the queue that the backend is for."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import copier

from tests.template.environments import lay_over
from tests.template.projects import Project
from tests.template.rendering import commit_template, render

HERE = Path(__file__).parent
BACKEND = "acmeq"
STAND_IN = {"backend": "blank", "runtime": "host"}
"""What the base template makes of a backend that only the team's knows."""


def copy_team(folder: Path) -> Path:
    """The team's template, in a repository of its own."""
    return commit_template(shutil.copytree(HERE / "acme", folder))


def add_team(team: Path, project: Path, answers: Mapping[str, str]) -> Path:
    """Render the team's template over a project, by Copier's own API."""
    copier.run_copy(
        str(team),
        project,
        data=dict(answers),
        settings=copier.Settings(),
        overwrite=True,
        defaults=True,
        quiet=True,
        vcs_ref="HEAD",
    )
    return project


def render_acmeq(base: Path, team: Path, project: Path, answers: Mapping[str, str]) -> Path:
    """A project of the team's backend: the base template's, and the team's over it."""
    render(base, project, {**answers, **STAND_IN})
    return add_team(team, project, {"backend": BACKEND})


def install(project: Path, zenml: Path, folder: Path) -> Project:
    """The project, installed editable beside ZenML."""
    environment = lay_over(zenml, folder)
    environment.install("--editable", str(project))
    return Project(BACKEND, project, environment)


@dataclass(frozen=True)
class Queue:
    """A queue that runs.

    Attributes:
        url: its address.
        token: what it asks for.
        folder: where its jobs are.
    """

    url: str
    token: str
    folder: Path

    def jobs(self) -> set[str]:
        """The names of all jobs that it knows."""
        question = Request(f"{self.url}/jobs", headers={"Authorization": f"Bearer {self.token}"})
        with urlopen(question, timeout=20) as answer:
            return set(json.load(answer)["jobs"])


@contextmanager
def running_queue(folder: Path) -> Iterator[Queue]:
    """Start a queue, and end it with all its jobs."""
    token = "canary-of-a-token"
    process = subprocess.Popen(
        [sys.executable, HERE / "queue_server.py", folder],
        env=os.environ | {"ACMEQ_TOKEN": token},
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C is for whoever tests, who ends it then.
        start_new_session=True,
    )
    with process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            yield Queue(f"http://127.0.0.1:{port}", token, folder)
        finally:
            process.terminate()
