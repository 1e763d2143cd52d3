"""A small team's template: locked answers, a backend, files that it adds and replaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.cli.sop_new_runs import git
from tests.template.rendering import REPOSITORY

TEAM_ANSWERS = ".copier-answers.team.yml"
ANSWERS_TEMPLATE = "template/{{ _copier_conf.answers_file }}.jinja"
ENGINE = "template/{% if backend == 'acmeq' %}{{ package_name }}{% endif %}/engine"

SETTINGS: dict[str, Any] = {
    "name": "Acme ML",
    "contact": "#ml-platform",
    "defaults": {"user_name": "Acme"},
    "locked": {"license": "Proprietary", "ci": "gitlab"},
    "backends": {
        "acmeq": {
            "summary": "each step is a job of Acme's queue",
            "needs": "a token of the queue",
            "can": "runs and cancels",
            "runtime": "host",
        }
    },
}

QUESTIONS = """\
_min_copier_version: "9.19.0"
_subdirectory: template
_answers_file: .copier-answers.team.yml
_external_data:
  base: .copier-answers.yml

backend:
  type: str
  default: "{{ _external_data.base.backend }}"

owners:
  type: str
  help: Who reviews changes
  default: "@acme/ml"

package_name:
  when: false
  default: "{{ _external_data.base.project_name | replace('-', '_') }}"
"""


class TeamTemplate:
    """A repository with the template of a team."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = SETTINGS | {}
        self.write("copier.yml", QUESTIONS)
        self.write(ANSWERS_TEMPLATE, (REPOSITORY / ANSWERS_TEMPLATE).read_text())
        self.write("template/CODEOWNERS.jinja", "* {{ owners }}\n")
        # One of the base's, and of a backend's.
        self.write("template/CHANGELOG.md", "# Changelog of Acme\n\n## Unreleased\n")
        self.write(f"{ENGINE}/queue.py", '"""Acme\'s queue."""\n')
        self.decide()
        git(folder, "init", "--quiet", "--initial-branch=main")
        self.commit()

    def write(self, name: str, text: str) -> None:
        """Write one of its files."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def decide(self, **settings: Any) -> None:
        """Change what is in sop-team.yml."""
        self.settings |= settings
        self.write("sop-team.yml", yaml.safe_dump(self.settings, sort_keys=False))

    def commit(self) -> None:
        """Make a version of what is there."""
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", "A version")
