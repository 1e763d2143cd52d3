"""Which files of the template have no place in a project, and why."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PAPERS = "pyproject.toml"

OTHER_PAPERS = ("setup.cfg", "setup.py")
"""By these, a project without pyproject.toml is built."""

NEEDS = {"tests/conftest.py": "examples/register.py"}
"""What a file of the template runs without importing it."""


@dataclass(frozen=True)
class Places:
    """A rendering of the template beside a project.

    Attributes:
        rendered: the rendering.
        mine: the project.
        package: the folder of the template's package.
        home: the folder of the operator's own package; None if it was not found.
    """

    rendered: Path
    mine: Path
    package: str
    home: str | None

    def unfit(self, wanted: Iterable[str]) -> dict[str, str]:
        """Of the files that are to be added, those that can't be, each with the reason."""
        added = set(wanted)
        found: dict[str, str] = {}
        while new := dict(self._unfit(added)):
            found |= new
            added -= new.keys()
        return found

    def _unfit(self, added: set[str]) -> Iterator[tuple[str, str]]:
        for path in sorted(added):
            if self._is_second(path):
                yield path, f"your package is in {self.home}/, and this would be a second one"
            elif path == PAPERS and (other := self._other_papers()):
                yield path, f"the project would no longer be built by {other}"
            elif missing := self._missing_to_tests(path, added):
                yield path, f"it would end the tests, since {missing} is not here"

    def _is_second(self, path: str) -> bool:
        return bool(self.home) and self.home != self.package and _below(self.package, path)

    def _other_papers(self) -> str | None:
        return next((name for name in OTHER_PAPERS if (self.mine / name).is_file()), None)

    def _missing_to_tests(self, path: str, added: set[str]) -> str | None:
        if not path.startswith("tests/") or not path.endswith(".py"):
            return None
        return self._missing(path, added, set()) or self._missing_conftest(path, added)

    def _missing_conftest(self, path: str, added: set[str]) -> str | None:
        """A conftest.py of the template, whose fixtures the tests beside it use."""
        for folder in PurePosixPath(path).parents:
            file = str(folder / "conftest.py")
            there = file in added or (self.mine / file).is_file()
            if (self.rendered / file).is_file() and not there:
                return file
        return None

    def _missing(self, path: str, added: set[str], seen: set[str]) -> str | None:
        """What a file of the template imports, or what that imports, and is not there."""
        seen.add(path)
        for module, names in self._imports(path):
            for file in self._files(module, names, added):
                if file is None:
                    return module.replace("/", ".")
                if missing := self._missing_to(file, added, seen):
                    return missing
            if unknown := self._unknown(module, names, added):
                return f"{module.replace('/', '.')}.{unknown}"
        run = NEEDS.get(path)
        if run and run not in added and not (self.mine / run).is_file():
            return run
        return self._missing_to(run, added, seen) if run else None

    def _missing_to(self, file: str, added: set[str], seen: set[str]) -> str | None:
        """The same of a file that is imported: what the owner has written is the owner's."""
        return self._missing(file, added, seen) if file in added and file not in seen else None

    def _imports(self, path: str) -> Iterator[tuple[str, list[str]]]:
        """The modules of the project that a file imports at once, as paths without a suffix."""
        for node in _at_once(ast.parse((self.rendered / path).read_bytes()).body):
            if isinstance(node, ast.ImportFrom):
                names = [alias.name for alias in node.names]
                if node.level:
                    base = PurePosixPath(path).parents[node.level - 1]
                    yield str(base / (node.module or "").replace(".", "/")), names
                elif node.module and node.module.partition(".")[0] == self.package:
                    yield node.module.replace(".", "/"), names
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name.partition(".")[0] == self.package:
                        yield alias.name.replace(".", "/"), []

    def _files(self, module: str, names: Iterable[str], added: set[str]) -> Iterator[str | None]:
        """The files of a module, and of the modules in it that are imported; None for none."""
        yield self._file(module, added)
        for name in names:
            inner = f"{module}/{name}"
            if (self.rendered / f"{inner}.py").is_file():
                yield self._file(inner, added)

    def _file(self, module: str, added: set[str]) -> str | None:
        for file in (f"{module}.py", f"{module}/__init__.py"):
            if file in added or self._own(file).is_file():
                return file
        return None

    def _own(self, file: str) -> Path:
        """Where a file is in the project."""
        if self.home and _below(self.package, file):
            return self.mine / self.home / PurePosixPath(file).relative_to(self.package)
        return self.mine / file

    def _unknown(self, module: str, names: Iterable[str], added: set[str]) -> str | None:
        """A name that is imported from a module of the owner's, who has it not."""
        file = self._file(module, added)
        if file is None or file in added:
            return None
        try:
            body = ast.parse(self._own(file).read_bytes()).body
        except (OSError, SyntaxError, ValueError):
            return None
        known = set(_defined(body))
        inner = self._own(file).parent
        for name in names:
            if not {name, "*"} & known and not (inner / f"{name}.py").is_file():
                return name
        return None


def home_of(folder: Path, path: str) -> str:
    """The folder of the package that a module is in: the highest one with an `__init__.py`."""
    home = PurePosixPath(path).parent
    while home.parent.name and (folder / home.parent / "__init__.py").is_file():
        home = home.parent
    return str(home)


def _below(folder: str, path: str) -> bool:
    return PurePosixPath(path).is_relative_to(folder)


def _at_once(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that an import of a module runs, but for those for types alone."""
    for node in body:
        yield node
        if isinstance(node, ast.Try):
            yield from _at_once([*node.body, *node.orelse, *node.finalbody])
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.dump(node.test):
            yield from _at_once([*node.body, *node.orelse])


def _defined(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in _at_once(body):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in names)
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
