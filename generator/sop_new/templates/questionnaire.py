"""A template's questions without its files: Copier answers them in no time."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from sop_new.projects.project import ANSWERS_FILE
from sop_new.projects.worktree import WorkTree
from sop_new.templates import rendering
from sop_new.templates.source import Template

ANSWERS_TEMPLATE = "{{ _copier_conf.answers_file }}.jinja"


@dataclass(frozen=True)
class Questionnaire:
    """The questions of a template.

    Attributes:
        template: has no other file than the answers.
        project: the name of the folder that is to be made, since it may be an answer; and what
            was answered there before, if anything.
    """

    template: Template
    project: Path

    def answered(
        self, data: Mapping[str, Any], defaults: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """All answers that follow from some.

        Args:
            data: answers.
            defaults: what counts before the template's own defaults.

        Raises:
            ValueError: in Copier's words, if an answer is refused.
        """
        import yaml

        with TemporaryDirectory(prefix="sop-new-") as room:
            folder = Path(room, self.project.name)
            folder.mkdir()
            if (self.project / ANSWERS_FILE).is_file():
                shutil.copyfile(self.project / ANSWERS_FILE, folder / ANSWERS_FILE)
            rendering.render(self.template, folder, data, defaults=defaults)
            noted = yaml.safe_load((folder / ANSWERS_FILE).read_bytes())
        return cast(Mapping[str, Any], noted)


@contextmanager
def questionnaire_of(template: Template, ref: str, project: Path) -> Iterator[Questionnaire]:
    """The questions of a template.

    Args:
        template: ours, or one below a team's.
        ref: which of its commits.
        project: the folder that is to be made.
    """
    with TemporaryDirectory(prefix="sop-new-") as room:
        folder = Path(room, "questions")
        folder.mkdir()
        _unpack(template, ref, folder)
        below = folder / str(template.config.get("_subdirectory", "template"))
        shutil.rmtree(below, ignore_errors=True)
        below.mkdir(parents=True)
        (below / ANSWERS_TEMPLATE).write_text("{{ _copier_answers | to_nice_yaml }}")
        alone = replace(
            template, source=str(folder), questionnaire=folder / "copier.yml", bundle=None
        )
        yield Questionnaire(alone, project)


def _unpack(template: Template, ref: str, folder: Path) -> None:
    if not template.bundle:
        source = Path(template.source)
        for name in WorkTree(source).files():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, folder / name)
        return
    # None of these calls knows hooks.
    repository = folder.with_name("template.git")
    inside = ["--git-dir", str(repository), "--work-tree", str(folder)]
    for command in (
        ["clone", "--quiet", "--bare", "--", str(template.bundle), str(repository)],
        [*inside, "read-tree", ref],
        [*inside, "checkout-index", "--all"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True, text=True)
