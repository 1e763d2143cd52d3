"""What becomes of each file of the template in a project, and what there is to say about it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath

from sop_new.adopt.handwritten import Flavor
from sop_new.adopt.placing import Places
from sop_new.adopt.result import Standing, TemplateFile
from sop_new.errors import Code, SopNewError
from sop_new.projects.project import files_of
from sop_new.projects.taken import covers


def compared(places: Places, wanted: Iterable[str]) -> list[TemplateFile]:
    """What becomes of each file of the template."""
    paths = files_of(places.rendered)
    new = [path for path in paths if not os.path.lexists(places.mine / path)]
    asked = [path for path in new if any(_covers(each, path) for each in wanted)]
    unfit = places.unfit(asked)
    # Of the others, what could not be added even with all the rest.
    never = places.unfit([path for path in new if path not in unfit])

    def standing(path: str) -> Standing:
        if path in unfit or path in never:
            return "unfit"
        if path in new:
            return "added" if path in asked else "offered"
        both = (places.rendered / path, places.mine / path)
        same = both[1].is_file() and both[0].read_bytes() == both[1].read_bytes()
        return "same" if same else "yours"

    return [
        TemplateFile(path=path, standing=standing(path), why=unfit.get(path) or never.get(path))
        for path in paths
    ]


def _covers(wanted: str, path: str) -> bool:
    """Whether a file is, or lies below, what a user has named."""
    return covers(os.path.normpath(wanted), path)


def refuse_pointless(add: Iterable[str], files: Iterable[TemplateFile]) -> None:
    """Raise SopNewError if a wish adds nothing."""
    for wanted in add:
        there = [file for file in files if _covers(wanted, file.path)]
        if any(file.standing == "added" for file in there):
            continue
        unfit = next((file for file in there if file.standing == "unfit"), None)
        if unfit:
            raise SopNewError(
                Code.USAGE,
                f"--add {wanted} adds nothing: {unfit.path}: {unfit.why}.",
                "Add what it needs as well, or leave it out; --diff shows what can be added.",
            )
        why = (
            "it is there, and nothing is overwritten" if there else "the template has no such file"
        )
        raise SopNewError(
            Code.USAGE,
            f"--add {wanted} adds nothing: {why}.",
            "Name a file or a folder as --diff shows it, or `.` for all that is missing.",
        )


def told_of(
    places: Places, operator: Flavor | None, files: Sequence[TemplateFile]
) -> Iterator[str]:
    """What is good to know before files are added."""
    package, home = places.package, places.home
    if operator and home != package:
        name = PurePosixPath(home or "").name
        how = "let your modules lie there"
        if name == package:
            how = f"git mv {home} {package}"
        elif home == name:
            how = f"name the project after yours: -d project_name={name.replace('_', '-')}"
        yield (
            f"Your package is in {home}/, the template's would be in {package}/: of that nothing "
            f"is added. To take it: {how}"
        )
    elif operator and PurePosixPath(operator.path).parent != PurePosixPath(package):
        yield (
            f"Your operator is in {operator.path}, the template's in {package}/: "
            "what you add of it is beside yours, and replaces nothing."
        )
    for why, group in groupby(
        sorted(
            (file for file in files if file.standing == "unfit"), key=lambda file: file.why or ""
        ),
        key=lambda file: file.why,
    ):
        paths = [file.path for file in group]
        others = f" and {len(paths) - 1} more" if paths[1:] else ""
        yield f"Left out: {paths[0]}{others}: {why}."
