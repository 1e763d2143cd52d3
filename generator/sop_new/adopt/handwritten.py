"""What the code of a step operator tells that was written by hand; none of it is imported."""

from __future__ import annotations

import ast
import warnings
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

BASE = "StepOperatorFlavor"
"""The end of the name of what a flavor derives from: ZenML's base class, or one of its flavors."""

IMAGES = {"get_docker_builds", "get_image"}
"""What an operator has to define or to call if its steps run in images."""


@dataclass(frozen=True)
class Flavor:
    """A flavor of a step operator.

    Attributes:
        name: its name in ZenML; None if the code does not say it in so many words.
        class_name: the name of its class.
        path: the file that defines the class, with slashes.
    """

    name: str | None
    class_name: str
    path: str

    @property
    def place(self) -> str:
        """Where it stands, as people are told."""
        return f"class {self.class_name} in {self.path}"


@dataclass(frozen=True)
class Source:
    """The modules of a project, but for its tests.

    Attributes:
        modules: the syntax tree of each, by path.
        unreadable: the paths of those that can't be read, or parsed by this Python.
    """

    modules: Mapping[str, ast.Module]
    unreadable: list[str]

    def flavors(self) -> list[Flavor]:
        """The flavors of step operators; those whose name is known, if there are any."""
        found = list(self._flavors())
        return [flavor for flavor in found if flavor.name] or found

    def _flavors(self) -> Iterator[Flavor]:
        constants = {path: dict(_constants(module)) for path, module in self.modules.items()}
        for path, module in self.modules.items():
            near_first = ChainMap(constants[path], *constants.values())
            for node in ast.walk(module):
                if isinstance(node, ast.ClassDef) and _is_flavor(node):
                    yield Flavor(_name(node, near_first), node.name, path)

    def image(self) -> str | None:
        """What shows that steps run in images, and where; None if nothing does."""
        for path, module in self.modules.items():
            for node in ast.walk(module):
                if (word := _word(node)) in IMAGES:
                    return f"{word} in {path}"
        return None


def read(folder: Path, files: Iterable[str]) -> Source:
    """Read the modules among some files of a folder; tests are left out."""
    modules, unreadable = {}, []
    for path in map(PurePosixPath, files):
        if path.suffix != ".py" or {"test", "tests"} & set(path.parts):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                modules[str(path)] = ast.parse((folder / path).read_bytes())
        except (OSError, SyntaxError, ValueError):
            unreadable.append(str(path))
    return Source(modules, unreadable)


def _is_flavor(node: ast.ClassDef) -> bool:
    return any((_word(base) or "").endswith(BASE) for base in node.bases)


def _name(flavor: ast.ClassDef, constants: Mapping[str, str]) -> str | None:
    for member in flavor.body:
        if isinstance(member, ast.FunctionDef) and member.name == "name":
            values = (node.value for node in ast.walk(member) if isinstance(node, ast.Return))
            return next(filter(None, (_text(value, constants) for value in values)), None)
        if "name" in _targets(member):
            return _text(getattr(member, "value", None), constants)
    return None


def _constants(module: ast.Module) -> Iterator[tuple[str, str]]:
    for statement in module.body:
        for target in _targets(statement):
            if text := _text(getattr(statement, "value", None), {}):
                yield target, text


def _targets(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []


def _text(value: ast.expr | None, constants: Mapping[str, str]) -> str | None:
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else None
    return constants.get(_word(value) or "")


def _word(node: ast.AST | None) -> str | None:
    """The last word of a name, as `c` of `a.b.c`, or the name of a function."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    return node.name if isinstance(node, ast.FunctionDef) else None
