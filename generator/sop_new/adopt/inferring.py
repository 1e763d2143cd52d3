"""The answers that a project written by hand gives by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from sop_new.adopt import handwritten
from sop_new.adopt.handwritten import Flavor, Unread
from sop_new.adopt.papers import papers_of
from sop_new.errors import Code, SopNewError
from sop_new.projects.worktree import WorkTree
from sop_new.templates.answers import Answers
from sop_new.templates.source import OWN_ENGINE, Template

LICENCE_TEXTS = {
    "Apache License Version 2.0": "Apache-2.0",
    "Permission is hereby granted, free of charge": "MIT",
    "Neither the name of": "BSD-3-Clause",
}
"""Words by which a licence's text is known."""


@dataclass(frozen=True)
class Finding:
    """An answer that was found.

    Attributes:
        value: the answer.
        origin: where it was found, as in "in pyproject.toml".
    """

    value: str
    origin: str


@dataclass(frozen=True)
class Inferred(Answers):
    """Given answers, and what was found for the others.

    Attributes:
        found: the findings, by question.
        operator: the flavor that they are about, if its class was found.
        unread: the modules that can't be parsed, and so have no say.
    """

    found: Mapping[str, Finding] = field(default_factory=dict)
    operator: Flavor | None = None
    unread: Sequence[Unread] = ()

    @property
    def proposed(self) -> dict[str, str]:
        """The answers that were found."""
        return {name: finding.value for name, finding in self.found.items()}

    def origin(self, name: str) -> str | None:
        """Where an answer was given or found; None if it was not."""
        found = self.found.get(name)
        return super().origin(name) or (found.origin if found else None)


def infer(template: Template, tree: WorkTree, given: Answers) -> Inferred:
    """Find answers in a project's files; nothing of it is imported.

    Args:
        template: whose questions are answered.
        tree: the project.
        given: answers that need not be found.

    Raises:
        SopNewError: it is not clear what the flavor is called, or pyproject.toml is no TOML.
    """
    files = tree.files()
    code = handwritten.read(tree.folder, files)
    operator = _operator(tree.folder, code, given.merged.get("flavor"))
    found = {
        **dict(_from_papers(tree.folder, template.questions)),
        **dict(_from_files(tree.folder, files)),
        **dict(_from_code(code, operator)),
    }
    if given.merged.get("backend", OWN_ENGINE) != OWN_ENGINE:
        # What a real engine runs is known, and Copier would take this for it.
        found.pop("runtime", None)
    left = {name: finding for name, finding in found.items() if name not in given.merged}
    return Inferred(
        given.options,
        given.file,
        given.path,
        found=left,
        operator=operator,
        unread=code.unread,
    )


def operator_of(tree: WorkTree, flavor: str) -> Flavor | None:
    """The flavor of that name, if its class is found in a project's files."""
    try:
        return _operator(tree.folder, handwritten.read(tree.folder, tree.files()), flavor)
    except SopNewError:
        return None


def _operator(folder: Path, code: handwritten.Source, name: str | None) -> Flavor | None:
    flavors = code.flavors()
    chosen = [flavor for flavor in flavors if flavor.name == name] if name else flavors
    if len(chosen) == 1 and chosen[0].name:
        return chosen[0]
    if name:
        return flavors[0] if len(flavors) == 1 else None
    if not flavors:
        unread = "".join(f". {each.told}" for each in code.unread)
        other = next((each.python for each in code.unread if each.python), None)
        by = f"Run sop-new by Python {other}; or" if other else "Name the project's folder; or,"
        raise SopNewError(
            Code.FLAVOR_UNKNOWN,
            f"There is no step operator in {folder}: no class derives from "
            f"BaseStepOperatorFlavor{unread}.",
            f"{by} if it is there, say what its flavor is called: -d flavor=NAME",
        )
    if len(flavors) == 1:
        raise SopNewError(
            Code.FLAVOR_UNKNOWN,
            f"What the flavor is called can't be read: {flavors[0].place} does not return a text.",
            "Say it: -d flavor=NAME",
        )
    places = "; ".join(f"{flavor.name or '?'}, {flavor.place}" for flavor in flavors)
    raise SopNewError(
        Code.FLAVOR_UNKNOWN,
        f"There is more than one step operator: {places}.",
        f"Say which is meant: -d flavor={flavors[0].name or 'NAME'}",
    )


def _from_code(code: handwritten.Source, operator: Flavor | None) -> Iterator[tuple[str, Finding]]:
    yield "backend", Finding(OWN_ENGINE, "since the engine is your own")
    if not operator:
        return
    if image := code.image(operator):
        yield "runtime", Finding("image", f"because of {image}")
    else:
        yield "runtime", Finding("host", "since no image is asked for")
    if operator.name:
        yield "flavor", Finding(operator.name, f"of {operator.place}")
    prefix = operator.class_name.removesuffix("Flavor").removesuffix("StepOperator")
    if prefix and prefix != operator.class_name:
        yield "class_prefix", Finding(prefix, f"of {operator.place}")


def _from_files(folder: Path, files: Sequence[str]) -> Iterator[tuple[str, Finding]]:
    yield "ci", Finding("none", "since there is neither GitHub's nor GitLab's")
    for path in files:
        if path.startswith(".github/workflows/"):
            yield "ci", Finding("github", f"because of {path}")
        if path == ".gitlab-ci.yml":
            yield "ci", Finding("gitlab", f"because of {path}")
        if path.partition(".")[0].lower() in ("license", "licence", "copying"):
            with suppress(OSError):
                text = (folder / path).read_text(encoding="utf-8", errors="replace")
                if licence := _licence_of(text):
                    yield "license", Finding(licence, f"in {path}")


def _from_papers(
    folder: Path, questions: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Finding]]:
    for papers in papers_of(folder):
        values = {
            "project_name": canonicalize_name(papers.name),
            "description": papers.description,
            "user_name": papers.author,
            "user_email": papers.email,
            "license": _licence(papers.license, questions["license"]["choices"]),
            "python_min": _oldest(papers.python, questions["python_min"]["choices"]),
        }
        for name, value in values.items():
            if value:
                yield name, Finding(value, f"in {papers.file}")


def _licence_of(text: str) -> str | None:
    joined = " ".join(text.split())
    return next((licence for words, licence in LICENCE_TEXTS.items() if words in joined), None)


def _licence(stated: str, choices: Sequence[str]) -> str:
    """The licence that is declared: a choice, however it is written, or what is no choice."""
    word = stated.strip().removeprefix("LicenseRef-").removesuffix(" License")
    return next((choice for choice in choices if choice.lower() == word.lower()), stated)


def _oldest(specifier: str, pythons: Sequence[str]) -> str:
    try:
        wanted = SpecifierSet(specifier)
    except InvalidSpecifier:
        return ""
    # With the last of its patches: `>=3.10.2` wants 3.10.
    fitting = (python for python in pythons if wanted.contains(f"{python}.99"))
    return next(fitting, "") if specifier else ""
