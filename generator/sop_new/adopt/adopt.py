"""`sop-new adopt`: put a step operator that was written by hand under the template."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from sop_new import printing
from sop_new.adopt.comparing import compared, refuse_pointless, told_of
from sop_new.adopt.handwritten import Flavor
from sop_new.adopt.inferring import Inferred, infer, operator_of
from sop_new.adopt.placing import Places, home_of
from sop_new.adopt.result import Adopted, AnswerFound, TemplateFile
from sop_new.errors import Code, SopNewError
from sop_new.projects import project
from sop_new.projects.project import ANSWERS_FILE
from sop_new.projects.scratch import Scratch
from sop_new.projects.staging import staged
from sop_new.projects.taken import NOT_TAKEN_FILE, covers, list_of, not_taken
from sop_new.projects.worktree import WorkTree
from sop_new.templates import rendering
from sop_new.templates.answers import Answers, collect
from sop_new.templates.origin import origin_of, render_again
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
    tree = WorkTree(destination.resolve())
    again = _refuse(tree, anything=bool(add or diff))
    tree.refuse_without_git()
    if not diff:
        tree.refuse_if_dirty()
    wishes = _Wishes(destination, list(data), data_file, list(add), ask, diff)
    return _take_more(tree, wishes) if again else _take_first(tree, wishes)


@dataclass(frozen=True)
class _Wishes:
    """What the user has asked for."""

    destination: Path
    data: Sequence[str]
    data_file: Path | None
    add: Sequence[str]
    ask: bool
    diff: bool


def _take_first(tree: WorkTree, wishes: _Wishes) -> Adopted:
    source = find_template()
    answers = infer(source, tree, collect([source], wishes.data, wishes.data_file))
    with (
        rendering.explained(answers, str(tree.folder)),
        TemporaryDirectory(prefix="sop-new-") as room,
    ):
        # A folder of the same name, since the name may be an answer.
        rendered = Path(room, "rendered", tree.folder.name)
        _render(source, rendered, answers, wishes.ask)
        noted = yaml.safe_load((rendered / ANSWERS_FILE).read_bytes())
        return _take(
            tree,
            wishes,
            rendered,
            template=source.source,
            version=_version(noted, source),
            answers=list(_explained(source, noted, answers, wishes.ask)),
            operator=answers.operator,
            notes=[each.told for each in answers.unread],
        )


def _take_more(tree: WorkTree, wishes: _Wishes) -> Adopted:
    """Add more of the template, at the version and with the answers that the project has."""
    mine = project.load(tree.folder)
    if wishes.data or wishes.data_file:
        raise SopNewError(
            Code.USAGE,
            f"{tree.folder} is a project of sop-new already: it has its answers.",
            "Change one by sop-new update -d KEY=VALUE, then add files.",
        )
    with (
        origin_of(mine) as origin,
        rendering.explained(Answers(), str(tree.folder)),
        TemporaryDirectory(prefix="sop-new-") as room,
    ):
        rendered, _ = render_again(mine, origin.layers, Path(room, "rendered"), whole=True)
        return _take(
            tree,
            wishes,
            rendered,
            template=mine.base.source,
            version=mine.base.known_version,
            answers=[
                AnswerFound(name=name, value=str(value), origin=f"in {noted.path.name}")
                for noted in mine.notes
                for name, value in noted.answers.items()
            ],
            operator=operator_of(tree, str(mine.answers.get("flavor"))),
            notes=[],
        )


def _take(
    tree: WorkTree,
    wishes: _Wishes,
    rendered: Path,
    *,
    template: str,
    version: str,
    answers: list[AnswerFound],
    operator: Flavor | None,
    notes: list[str],
) -> Adopted:
    """Add what is wanted of a rendering, and note down what is not."""
    package = next(path.parent.name for path in rendered.glob("*/flavor.py"))
    home = home_of(tree.folder, operator.path) if operator else None
    places = Places(rendered, tree.folder, package, home)
    files = compared(places, [ANSWERS_FILE, *wishes.add])
    refuse_pointless(wishes.add, files)
    added = [file.path for file in files if file.standing == "added"]
    offered = [file.path for file in files if file.standing == "offered"]
    again = _again(wishes, wishes.add if added else ["PATH"]) if wishes.diff else None
    with TemporaryDirectory(prefix="sop-new-") as room:
        told = Adopted(
            project=str(tree.folder),
            dry_run=wishes.diff,
            template=template,
            version=version,
            answers=answers,
            files=files,
            notes=[*notes, *told_of(places, operator, files)],
            diff=_diff(rendered, added if wishes.add else [*added, *offered], Path(room, "it")),
            next=_next(wishes.destination, again),
        )
    if not wishes.diff:
        with staged(tree.folder, force=True, dry_run=False) as new:
            _copy(rendered, added, new)
            left = list(_left(tree.folder, files))
            if left or not_taken(tree.folder):
                taken = [file.path for file in files if file.path not in left]
                (new / NOT_TAKEN_FILE).write_text(list_of(left, taken), encoding="utf-8")
    return told


def _refuse(tree: WorkTree, *, anything: bool) -> bool:
    """Raise SopNewError if there is nothing to be done; returns whether there is a project."""
    if not tree.folder.is_dir():
        raise SopNewError(
            Code.DESTINATION_UNUSABLE,
            f"There is no folder {tree.folder}.",
            "Name the folder of the operator's project.",
        )
    there = os.path.lexists(tree.folder / ANSWERS_FILE)
    if there and not anything:
        raise SopNewError(
            Code.ALREADY_A_PROJECT,
            f"{tree.folder} is a project of sop-new already: it has {ANSWERS_FILE}.",
            "Update it: sop-new update; --add PATH adds more of the template, --diff shows it.",
        )
    return there


def _render(source: Template, folder: Path, answers: Inferred, ask: bool) -> None:
    # Who has an operator has an engine: this is no question.
    data = {"backend": answers.proposed.get("backend"), **answers.merged}
    with printing.spinner("Rendering the template"):
        # Before a survey, a wrong answer is told at once, not when its question comes.
        rendering.render(source, folder, data, defaults=answers.proposed, pretend=ask)
    if ask:
        rendering.render(source, folder, data, defaults=answers.proposed, ask=True)


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


def _left(mine: Path, files: Iterable[TemplateFile]) -> Iterator[str]:
    """What is not taken now: of a project, only what was not before."""
    first, listed = not os.path.lexists(mine / ANSWERS_FILE), not_taken(mine)
    for file in files:
        before = first or any(covers(each, file.path) for each in listed)
        if before and file.standing not in ("added", "same"):
            yield file.path


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


def _again(wishes: _Wishes, add: Sequence[str]) -> str:
    """The command that does what `--diff` has shown."""
    return shlex.join(
        [
            *("sop-new", "adopt", *_named(wishes.destination)),
            *(part for answer in wishes.data for part in ("-d", answer)),
            *(("--data-file", str(wishes.data_file)) if wishes.data_file else ()),
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
