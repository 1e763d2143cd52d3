"""`sop-new adopt`: put a step operator that was written by hand under the template."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import yaml

from sop_new import printing
from sop_new.adopt.inferring import Inferred, infer
from sop_new.adopt.result import Adopted, AnswerFound, Standing, TemplateFile
from sop_new.errors import Code, SopNewError
from sop_new.projects.project import ANSWERS_FILE, files_of
from sop_new.projects.scratch import Scratch
from sop_new.projects.staging import staged
from sop_new.projects.worktree import WorkTree
from sop_new.templates import rendering
from sop_new.templates.answers import collect
from sop_new.templates.source import Template, canonical_url, find_template, require_git


def adopt(
    destination: Path,
    *,
    data: Sequence[str],
    data_file: Path | None,
    add: Sequence[str],
    ask: bool,
    diff: bool,
) -> Adopted:
    """Give a project an answers file, so that `sop-new update` works from then on.

    Args:
        destination: the project's folder; nothing that is in it is changed.
        data: answers as KEY=VALUE.
        data_file: a YAML file of answers, which `data` wins over.
        add: files and folders of the template to add, as paths in the project.
        ask: ask what is not given, and propose what was found.
        diff: tell what would be added, and touch nothing.

    Raises:
        SopNewError: for whatever goes wrong; the project is then as it was.
    """
    require_git()
    source = find_template()
    tree = WorkTree(destination.resolve())
    _refuse(tree)
    tree.refuse_without_git()
    if not diff:
        tree.refuse_if_dirty()
    answers = infer(source, tree, collect([source], data, data_file))
    with (
        rendering.explained(answers, str(tree.folder)),
        TemporaryDirectory(prefix="sop-new-") as room,
    ):
        # A folder of the same name, since the name may be an answer.
        rendered = Path(room, "rendered", tree.folder.name)
        _render(source, rendered, answers, ask)
        noted = yaml.safe_load((rendered / ANSWERS_FILE).read_bytes())
        files = _compared(rendered, tree.folder, [ANSWERS_FILE, *add])
        _refuse_pointless(add, files)
        added = [file.path for file in files if file.standing == "added"]
        offered = [file.path for file in files if file.standing == "offered"]
        told = Adopted(
            project=str(tree.folder),
            dry_run=diff,
            template=source.source,
            version=_version(noted, source),
            answers=list(_explained(source, noted, answers, ask)),
            files=files,
            notes=list(_notes(answers, files)),
            diff=_diff(rendered, added if add else [*added, *offered], Path(room, "scratch")),
            next=_next(destination, _again(destination, data, data_file, add) if diff else None),
        )
        if not diff:
            with staged(tree.folder, force=True, dry_run=False) as project:
                _copy(rendered, added, project)
    return told


def _refuse(tree: WorkTree) -> None:
    if not tree.folder.is_dir():
        raise SopNewError(
            Code.DESTINATION_UNUSABLE,
            f"There is no folder {tree.folder}.",
            "Name the folder of the operator's project.",
        )
    if os.path.lexists(tree.folder / ANSWERS_FILE):
        raise SopNewError(
            Code.ALREADY_A_PROJECT,
            f"{tree.folder} is a project of sop-new already: it has {ANSWERS_FILE}.",
            "Update it: sop-new update",
        )


def _render(source: Template, folder: Path, answers: Inferred, ask: bool) -> None:
    # Who has an operator has an engine: this is no question.
    data = {"backend": answers.proposed.get("backend"), **answers.merged}
    with printing.spinner("Rendering the template"):
        # Before a survey, a wrong answer is told at once, not when its question comes.
        rendering.render(source, folder, data, defaults=answers.proposed, pretend=ask)
    if ask:
        rendering.render(source, folder, data, defaults=answers.proposed, ask=True)


def _compared(rendered: Path, mine: Path, wanted: Iterable[str]) -> list[TemplateFile]:
    def standing(path: str) -> Standing:
        if not os.path.lexists(mine / path):
            return "added" if any(_covers(each, path) for each in wanted) else "offered"
        both = (rendered / path, mine / path)
        same = both[1].is_file() and both[0].read_bytes() == both[1].read_bytes()
        return "same" if same else "yours"

    wanted = list(wanted)
    return [TemplateFile(path=path, standing=standing(path)) for path in files_of(rendered)]


def _covers(wanted: str, path: str) -> bool:
    """Whether a file is, or lies below, what a user has named."""
    return PurePosixPath(path).is_relative_to(os.path.normpath(wanted))


def _refuse_pointless(add: Iterable[str], files: Iterable[TemplateFile]) -> None:
    for wanted in add:
        there = [file for file in files if _covers(wanted, file.path)]
        if any(file.standing == "added" for file in there):
            continue
        why = (
            "it is there, and nothing is overwritten" if there else "the template has no such file"
        )
        raise SopNewError(
            Code.USAGE,
            f"--add {wanted} adds nothing: {why}.",
            "Name a file or a folder as --diff shows it, or `.` for all that is missing.",
        )


def _version(noted: Mapping[str, str], source: Template) -> str:
    if version := noted.get("_commit"):
        return version
    raise SopNewError(
        Code.VERSION_UNKNOWN,
        f"The template in {source.source} has no version: it is in no git repository.",
        f"Install git+{canonical_url()}, or a clone of it.",
    )


def _explained(
    source: Template, noted: Mapping[str, str], answers: Inferred, asked: bool
) -> Iterator[AnswerFound]:
    for name in source.questions:
        if name in noted:
            known = name in answers.merged or answers.proposed.get(name) == noted[name]
            origin = rendering.origin(answers, name) if known or not asked else "in the survey"
            yield AnswerFound(name=name, value=noted[name], origin=origin)


def _notes(answers: Inferred, files: Iterable[TemplateFile]) -> Iterator[str]:
    package = next(PurePosixPath(file.path).parent for file in files if _is_flavor(file.path))
    if answers.operator and not _covers(str(package), answers.operator.path):
        yield (
            f"Your operator is in {answers.operator.path}, the template's in {package}/: "
            "what you add of it is beside yours, and replaces nothing."
        )


def _is_flavor(path: str) -> bool:
    return PurePosixPath(path).name == "flavor.py"


def _diff(rendered: Path, paths: Iterable[str], room: Path) -> str:
    room.mkdir()
    scratch = Scratch(room)
    scratch.start()
    scratch.commit(rendered, [])
    scratch.commit(rendered, paths)
    return scratch.git("diff", "HEAD~1", "HEAD")


def _copy(source: Path, paths: Iterable[str], target: Path) -> None:
    for path in paths:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / path, target / path)


def _again(
    destination: Path, data: Iterable[str], data_file: Path | None, add: Iterable[str]
) -> str:
    """The command that does what `--diff` has shown."""
    return shlex.join(
        [
            *("sop-new", "adopt", *_named(destination)),
            *(part for answer in data for part in ("-d", answer)),
            *(("--data-file", str(data_file)) if data_file else ()),
            *(part for path in add for part in ("--add", path)),
        ]
    )


def _next(destination: Path, again: str | None) -> list[str]:
    if again:
        return [again]
    enter = [shlex.join(["cd", *_named(destination)])] if _named(destination) else []
    return [*enter, "git add --all && git commit -m 'Adopt the template'", "sop-new update --check"]


def _named(destination: Path) -> list[str]:
    return [] if destination == Path() else [str(destination)]
