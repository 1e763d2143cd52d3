"""`sop-new update`: bring a project to a newer template, or change one of its answers."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sop_new import history, interrupts, output, project, rendering, template
from sop_new.answers import Answers, collect
from sop_new.errors import Code, SopNewError
from sop_new.history import History
from sop_new.merging import Merged, merge
from sop_new.project import Project
from sop_new.updated import Checked, FileChange, Updated


def check(destination: Path) -> Checked:
    """Compare a project's version of the template with the newest one.

    Args:
        destination: the project's folder; nothing in it is changed.

    Raises:
        SopNewError: it is no project, or its template can't be found.
    """
    mine = _load(destination)
    with history.of(mine) as versions:
        newest = versions.known("HEAD")
        outdated = versions.follows(newest, versions.known(mine.version))
        return Checked(
            project=str(mine.folder),
            template=mine.source,
            version=mine.version,
            newest=versions.described(newest),
            outdated=outdated,
        )


def update(destination: Path, *, data: Iterable[str], ref: str | None, diff: bool) -> Updated:
    """Update a project: what the template has changed is merged into what its owner has.

    Args:
        destination: the project's folder.
        data: answers to change, as KEY=VALUE; then the version stays, unless `ref` is given.
        ref: the template's version to update to; by default the newest.
        diff: tell what would change, and touch nothing.

    Raises:
        SopNewError: for whatever goes wrong; the project is then as it was.
    """
    template.require_git()
    mine = _load(destination)
    mine.refuse_without_git()
    if not diff:
        mine.refuse_if_dirty()
    answers = collect(template.find(), data, None, {})
    with history.of(mine) as versions, TemporaryDirectory(prefix="sop-new-") as room:
        before = versions.known(mine.version)
        after = versions.known(ref or (mine.version if answers.options else "HEAD"))
        if after != before and not versions.follows(after, before):
            raise SopNewError(
                Code.VERSION_UNKNOWN,
                f"The version {versions.described(after)} of the template does not follow "
                f"{mine.version}, which the project has.",
                f"Name a later one; or the project is newer than this sop-new: {history.UPGRADE}",
            )
        merged = _merged(mine, versions, before, after, answers, Path(room))
        if not diff:
            _apply(merged, mine)
        return Updated(
            project=str(mine.folder),
            dry_run=diff,
            version=mine.version,
            newest=versions.described(after),
            files=[FileChange(path=each.path, change=each.kind) for each in merged.changes],
            conflicts=merged.conflicts,
            diff=merged.diff,
            next=_next(merged, _again(destination, answers, ref) if diff else None),
        )


def _load(destination: Path) -> Project:
    return project.load(destination.resolve(), template.find().answers_file)


def _merged(
    mine: Project, versions: History, before: str, after: str, answers: Answers, room: Path
) -> Merged:
    with (
        rendering.explained(answers, str(mine.folder)),
        output.spinner("Rendering the template as it was, and as it is"),
    ):
        was = _rendered(mine, versions, before, Answers(), room / "before")
        now = _rendered(mine, versions, after, answers, room / "after")
        scratch = room / "merged"
        scratch.mkdir()
        # Nobody edits the answers: they are those of the new version.
        (was / mine.answers_file).write_bytes((mine.folder / mine.answers_file).read_bytes())
        return merge(was, mine.folder, mine.files(), now, scratch)


def _rendered(
    mine: Project, versions: History, commit: str, answers: Answers, folder: Path
) -> Path:
    """The template at a commit, with a project's answers and others on top."""
    target = folder / mine.folder.name
    target.mkdir(parents=True)
    # What the project was made from stands until overruled, as with `copier update`.
    shutil.copyfile(mine.folder / mine.answers_file, target / mine.answers_file)
    rendering.render(versions.template, target, answers.merged, ref=commit)
    return target


def _apply(merged: Merged, mine: Project) -> None:
    """Let the project be what was merged; if that fails, it is as before."""
    with rendering.explained(Answers(), str(mine.folder)), interrupts.held():
        _refuse_what_is_in_the_way(merged, mine)
        with _taken_back(mine.folder, [change.path for change in merged.changes]):
            for change in merged.changes:
                target = mine.folder / change.path
                source = merged.folder / change.path
                target.unlink(missing_ok=True)
                if os.path.lexists(source):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(source, target, follow_symlinks=False)
                else:
                    _remove_empty(target.parent, mine.folder)


def _refuse_what_is_in_the_way(merged: Merged, mine: Project) -> None:
    known = set(mine.files())
    for change in merged.changes:
        if change.path not in known and os.path.lexists(mine.folder / change.path):
            raise SopNewError(
                Code.DESTINATION_UNUSABLE,
                f"{change.path} is new in the template, but there is one that git ignores.",
                "Move it out of the way, then update again.",
            )


@contextmanager
def _taken_back(folder: Path, paths: Iterable[str]) -> Iterator[None]:
    """If the block raises, these files of a folder are as they were."""
    with TemporaryDirectory(prefix="sop-new-") as kept, ExitStack() as undo:
        for number, path in enumerate(paths):
            target, copy = folder / path, Path(kept, str(number))
            if os.path.lexists(target):
                shutil.copy2(target, copy, follow_symlinks=False)
                undo.callback(_put_back, copy, target)
            else:
                undo.callback(target.unlink, missing_ok=True)
        yield
        undo.pop_all()


def _put_back(copy: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copy2(copy, target, follow_symlinks=False)


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _again(destination: Path, answers: Answers, ref: str | None) -> str:
    """The command that does what `--diff` has shown."""
    folder = [] if destination == Path() else [str(destination)]
    changed = [
        part for name, value in answers.options.items() for part in ("-d", f"{name}={value}")
    ]
    return shlex.join(["sop-new", "update", *folder, *changed, *(["--ref", ref] if ref else [])])


def _next(merged: Merged, again: str | None) -> list[str]:
    if not merged.changes:
        return []
    if again:
        return [again]
    look = "git status  # and resolve the conflicts" if merged.conflicts else "git status"
    return [look, ".venv/bin/pytest", "git add --all && git commit"]
