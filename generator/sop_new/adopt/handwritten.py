"""What the code of a step operator tells that was written by hand; none of it is imported."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

BASE = "StepOperatorFlavor"
"""The end of the name of what a flavor derives from: ZenML's base class, or one of its flavors."""

PLAIN_BASE, PLAIN_TYPE = "Flavor", "STEP_OPERATOR"
"""What it derives from otherwise, and what it then says that it is."""

IMAGES = {"get_docker_builds", "get_image"}
"""What an operator has to define or to call if its steps run in images."""

NEWER = (
    (r"^\s*except\s*\*", "3.11"),
    (r"^\s*(type\s+\w+|(async\s+)?def\s+\w+\s*\[[^=]*\]\s*\(|class\s+\w+\s*\[[^=]*\])", "3.12"),
    (r"^\s*(type\s+\w+|(async\s+)?def\s+\w+|class\s+\w+)\s*\[.*=.*\]", "3.13"),
    (r"\bf[\"']", "3.12"),
    (r"\bt[\"']|^\s*except\s+\w+\s*,", "3.14"),
)
"""What lines look like that only a Python from a certain one on can parse."""


@dataclass(frozen=True)
class Flavor:
    """A flavor of a step operator.

    Attributes:
        name: its name in ZenML; None if the code does not say it in so many words.
        class_name: the name of its class.
        path: the file that defines the class, with slashes.
        operator: the name of the operator's class; None if the code does not say it.
    """

    name: str | None
    class_name: str
    path: str
    operator: str | None = None

    @property
    def place(self) -> str:
        """Where it stands, as people are told."""
        return f"class {self.class_name} in {self.path}"


@dataclass(frozen=True)
class Unread:
    """A module that can't be parsed.

    Attributes:
        path: the module.
        why: what is wrong with it.
        python: the Python that could parse it, as "3.13"; None if none is known.
    """

    path: str
    why: str
    python: str | None

    @property
    def told(self) -> str:
        """The same, as people are told."""
        here = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
        other = f"; Python {self.python} could" if self.python else ""
        return f"{self.path} is unread: {here} can't parse it ({self.why}){other}"


@dataclass(frozen=True)
class Source:
    """The modules of a project, but for its tests.

    Attributes:
        modules: the syntax tree of each, by path.
        unread: those that can't be read, or parsed by this Python.
    """

    modules: Mapping[str, ast.Module]
    unread: list[Unread] = field(default_factory=list)

    def flavors(self) -> list[Flavor]:
        """The flavors of step operators; those whose name is known, if there are any."""
        found = list(self._flavors())
        return [flavor for flavor in found if flavor.name] or found

    def image(self, flavor: Flavor) -> str | None:
        """What shows that an operator's steps run in images, and where; None if nothing does.

        It is looked for in the operator's class, in what that derives from and in the functions
        that these name: what else there is in the project may run in images or not.
        """
        waiting, seen = [flavor.operator] if flavor.operator else [], set[str]()
        while waiting:
            name = waiting.pop()
            for path, node in self._definitions.get(name, ()) if name not in seen else ():
                for inner in ast.walk(node):
                    if (word := _word(inner)) in IMAGES:
                        return f"{word} in {path}"
                if shipped := next(self._shipped_bases(path, node), None):
                    return f"{shipped}, which class {name} in {path} derives from"
                waiting += self._named_in(path, node)
            seen.add(name)
        return None

    def _named_in(self, path: str, node: ast.AST) -> Iterator[str]:
        """The bases of a class, and the functions that it or a function names."""
        bases = {self._meant(path, base) for base in getattr(node, "bases", ())}
        for inner in ast.walk(node):
            word = self._meant(path, inner)
            functions = (
                isinstance(other, ast.FunctionDef) for _, other in self._definitions.get(word, ())
            )
            if word in bases or any(functions):
                yield word

    def _shipped_bases(self, path: str, node: ast.AST) -> Iterator[str]:
        """ZenML's own operators, but for the abstract one: all of them run steps in images."""
        for base in getattr(node, "bases", ()):
            word = self._meant(path, base)
            own = word in self._definitions or word == "BaseStepOperator"
            if word.endswith("StepOperator") and not own:
                yield word

    def _flavors(self) -> Iterator[Flavor]:
        constants = {path: dict(_constants(module)) for path, module in self.modules.items()}
        for path, module in self.modules.items():
            near_first = ChainMap(constants[path], *constants.values())
            for node in ast.walk(module):
                if isinstance(node, ast.ClassDef) and self._is_flavor(path, node, set()):
                    name = _text_of(node, "name", near_first, self._aliases[path])
                    yield Flavor(name, node.name, path, self._operator_of(path, node))

    def _is_flavor(self, path: str, node: ast.ClassDef, seen: set[str]) -> bool:
        for base in node.bases:
            word = self._meant(path, base)
            if word.endswith(BASE) or (word == PLAIN_BASE and _says(node, PLAIN_TYPE)):
                return True
            if word in seen:
                continue
            for other, found in self._definitions.get(word, ()):
                if isinstance(found, ast.ClassDef) and (
                    self._is_flavor(other, found, seen | {word})
                    or (_says(node, PLAIN_TYPE) and self._is_plain(other, found))
                ):
                    return True
        return False

    def _is_plain(self, path: str, node: ast.ClassDef) -> bool:
        return any(self._meant(path, base) == PLAIN_BASE for base in node.bases)

    def _operator_of(self, path: str, flavor: ast.ClassDef) -> str | None:
        """The name of the class that a flavor returns as its implementation."""
        for member in flavor.body:
            if isinstance(member, ast.FunctionDef) and member.name == "implementation_class":
                for node in ast.walk(member):
                    if isinstance(node, ast.Return) and node.value is not None:
                        # What is imported inside it may have another name there.
                        inner = dict(_imported(member))
                        word = _word(node.value) or ""
                        return inner.get(word, self._meant(path, node.value)) or None
        guess = flavor.name.removesuffix("Flavor")
        return guess if guess in self._definitions else None

    def _meant(self, path: str, node: ast.AST) -> str:
        """The last word of a name, as it is called where it was defined."""
        word = _word(node) or ""
        return self._aliases[path].get(word, word) if isinstance(node, ast.Name) else word

    @cached_property
    def _aliases(self) -> Mapping[str, Mapping[str, str]]:
        return {path: dict(_imported(module)) for path, module in self.modules.items()}

    @cached_property
    def _definitions(self) -> Mapping[str, list[tuple[str, ast.AST]]]:
        found: dict[str, list[tuple[str, ast.AST]]] = {}
        for path, module in self.modules.items():
            for node in module.body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef):
                    found.setdefault(node.name, []).append((path, node))
        return found


def read(folder: Path, files: Iterable[str]) -> Source:
    """Read the modules among some files of a folder; tests are left out."""
    modules, unread = {}, []
    for path in map(PurePosixPath, files):
        if path.suffix != ".py" or {"test", "tests"} & set(path.parts):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                modules[str(path)] = ast.parse((folder / path).read_bytes())
        except SyntaxError as error:
            line = f"line {error.lineno}: {error.msg}"
            unread.append(Unread(str(path), line, _python_for(error)))
        except (OSError, ValueError) as error:
            unread.append(Unread(str(path), " ".join(str(error).split()), None))
    return Source(modules, unread)


def _python_for(error: SyntaxError) -> str | None:
    """The first Python that has what this one stumbles over, if that is newer than this one."""
    line = error.text or ""
    here = sys.version_info[:2]
    found = [python for pattern, python in NEWER if re.search(pattern, line)]
    newer = [python for python in found if tuple(map(int, python.split("."))) > here]
    return min(newer, key=lambda python: int(python.split(".")[1]), default=None)


def _imported(scope: ast.AST) -> Iterator[tuple[str, str]]:
    """What is imported under another name: that, and the name that it has where it comes from."""
    for node in ast.walk(scope):
        if isinstance(node, ast.ImportFrom):
            yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)


def _says(node: ast.ClassDef, word: str) -> bool:
    return any(_word(inner) == word for inner in ast.walk(node))


def _text_of(
    flavor: ast.ClassDef, name: str, constants: Mapping[str, str], aliases: Mapping[str, str]
) -> str | None:
    for member in flavor.body:
        if isinstance(member, ast.FunctionDef) and member.name == name:
            values = (node.value for node in ast.walk(member) if isinstance(node, ast.Return))
            return next(filter(None, (_text(value, constants, aliases) for value in values)), None)
        if name in _targets(member):
            return _text(getattr(member, "value", None), constants, aliases)
    return None


def _constants(module: ast.Module) -> Iterator[tuple[str, str]]:
    for statement in module.body:
        for target in _targets(statement):
            if text := _text(getattr(statement, "value", None), {}, {}):
                yield target, text


def _targets(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []


def _text(
    value: ast.expr | None, constants: Mapping[str, str], aliases: Mapping[str, str]
) -> str | None:
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else None
    word = _word(value) or ""
    return constants.get(aliases.get(word, word))


def _word(node: ast.AST | None) -> str | None:
    """The last word of a name, as `c` of `a.b.c`, or the name of a function."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    return node.name if isinstance(node, ast.FunctionDef) else None
