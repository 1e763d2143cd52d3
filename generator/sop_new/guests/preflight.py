"""Looks whether a flavor can be checked, and writes what it found to a file, as JSON.

Run by the Python of the environment that the flavor lives in, never imported: it knows ZenML, and
nothing else of this package. Runs as `python preflight.py ANSWER TARGET`, where TARGET is the path
by which a class is imported, or that of a folder which is to be looked through for one.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import shlex
import sys
import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn


class RefusalError(Exception):
    """It can't be checked: which failure that is, what is wrong, and what to do."""


class UnimportableError(Exception):
    """It needs an SDK to be imported: the check that demands otherwise, and what was seen."""


def refuse(message: str, hint: str, code: str = "target-unusable") -> NoReturn:
    """Give up."""
    raise RefusalError(code, message, hint)


def require(package: str) -> None:
    """Refuse an environment that lacks a package."""
    if find_spec(package):
        return
    python = shlex.quote(sys.executable)
    pip = f"{python} -m pip install" if find_spec("pip") else f"uv pip install --python {python}"
    refuse(
        f"{package} is not installed in the environment of {sys.executable}.",
        f"{pip} {package}, or name another environment's interpreter with --python",
        "python-unusable",
    )


def told(error: BaseException) -> str:
    """Type and message of an exception, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def source_in(folder: Path) -> str:
    """The one class of a flavor of step operators that is defined below a folder."""
    classes = {
        ".".join((*path.relative_to(folder).with_suffix("").parts, node.name)): node
        for path in sorted(folder.rglob("*.py"))
        if {"test", "tests"}.isdisjoint(path.relative_to(folder).parts)
        for node in parsed(path).body
        if isinstance(node, ast.ClassDef)
    }
    flavors: dict[str, set[str]] = {}
    while more := {
        source: bases_of(node)
        for source, node in classes.items()
        if source not in flavors and is_a_flavors(node, flavors)
    }:
        flavors |= more
    # What others derive from is no more than their base.
    bases = set().union(*flavors.values())
    found = [source for source in flavors if source.rpartition(".")[2] not in bases]
    found = [source.replace(".__init__.", ".") for source in found]
    if not found:
        refuse(
            "The project has no flavor of a step operator: no class derives from "
            "BaseStepOperatorFlavor.",
            "Name the class that `zenml step-operator flavor register` is given.",
        )
    if len(found) > 1:
        refuse(
            f"The project has {len(found)} flavors of step operators.",
            f"Install it, and name the one to check: {', '.join(found)}",
        )
    return found[0]


def parsed(path: Path) -> ast.Module:
    """The syntax of a module; nothing of one that another Python is meant for."""
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return ast.parse("")


def bases_of(node: ast.ClassDef) -> set[str]:
    """The names of a class's bases, without their modules."""
    return {ast.unparse(base).rpartition(".")[2] for base in node.bases}


def is_a_flavors(node: ast.ClassDef, flavors: Iterable[str]) -> bool:
    """Whether a class derives from the flavors of step operators, or from one of these."""
    bases = bases_of(node)
    if "Flavor" in bases and "STEP_OPERATOR" in ast.unparse(node):
        return True
    known = {"BaseStepOperatorFlavor", *(source.rpartition(".")[2] for source in flavors)}
    return not known.isdisjoint(bases)


def imported(path: str) -> ModuleType:
    """A module."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing and missing.partition(".")[0] != path.partition(".")[0]:
            raise UnimportableError(check_about(error, path), told(error)) from error
        if path != missing and not path.startswith(f"{missing}."):
            refuse(
                f"Importing {path} failed: {told(error)}",
                f"Install what it needs beside it, or mend the import: {sys.executable} runs it.",
            )
        parent = missing.rpartition(".")[0]
        search = sys.modules[parent].__path__ if parent in sys.modules else None
        known = [module.name for module in pkgutil.iter_modules(search)]
        near = get_close_matches(missing.rpartition(".")[2], known, n=1, cutoff=0.8)
        refuse(
            f"There is no module {missing}.",
            f"Did you mean {'.'.join([parent, *near]).lstrip('.')}?"
            if near
            else f"It must be importable by {sys.executable}; --python names another one.",
        )
    except (Exception, SystemExit) as error:
        refuse(
            f"Importing {path} failed: {told(error)}",
            f"See the traceback: {shlex.join([sys.executable, '-c', f'import {path}'])}",
        )


def check_about(error: BaseException, path: str) -> str:
    """The check that finds why a package cannot be imported: the operator's import, or any other.

    Args:
        error: what was raised.
        path: the flavor's module.
    """
    package = path.partition(".")[0]
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    for frame in frames:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] == package and defines_an_operator(frame.f_code.co_filename):
            return "SOP107"
    return "SOP109"


def defines_an_operator(file: str) -> bool:
    """Whether a module has a class that derives from BaseStepOperator."""
    return any(
        isinstance(node, ast.ClassDef) and "BaseStepOperator" in bases_of(node)
        for node in ast.walk(parsed(Path(file)))
    )


def is_flavor(thing: Any) -> bool:
    """Whether something is the class of a flavor, and one that can be made."""
    from zenml.stack import Flavor

    return inspect.isclass(thing) and issubclass(thing, Flavor) and not inspect.isabstract(thing)


def another(path: str, module: ModuleType, name: str) -> str:
    """Advise to take the flavor that was meant; ZenML's base classes are imported anywhere."""
    own = module.__name__.partition(".")[0]
    flavors = [
        each
        for each, thing in vars(module).items()
        if is_flavor(thing) and thing.__module__.partition(".")[0] == own
    ]
    if near := get_close_matches(name, flavors, n=1, cutoff=0) or flavors[:1]:
        return f"Did you mean {path}.{near[0]}?"
    return "Name the class that `zenml step-operator flavor register` is given."


def flavor_of(source: str) -> Any:
    """The class of a flavor."""
    path, _, name = source.rpartition(".")
    module = imported(path)
    try:
        found = getattr(module, name)
    except AttributeError:
        if not hasattr(module, "__path__") or not find_spec(source):
            refuse(f"{path} has no {name}.", another(path, module, name))
        found = imported(source)
    if inspect.ismodule(found):
        refuse(f"{source} is a module, no flavor.", another(source, found, ""))
    if not is_flavor(found):
        refuse(
            f"{source} is no flavor: it is no class that derives from zenml.stack.Flavor.",
            another(path, module, name),
        )
    return found


def main(answer: Path, target: str) -> None:
    """Look, and write down the flavor's import path, or why there is none."""

    def write(**found: object) -> None:
        answer.write_text(json.dumps(found), encoding="utf-8")

    # An import can end the interpreter, which leaves no time to say so.
    write(
        code="target-unusable",
        message=f"Importing {target} ended {sys.executable}.",
        hint="Let its modules do nothing but define things.",
    )
    try:
        for package in ("zenml", "pytest"):
            require(package)
        source = source_in(Path(target)) if Path(target).is_dir() else target
        try:
            flavor_of(source)
            unimportable = {}
        except UnimportableError as error:
            check, seen = error.args
            unimportable = {check: f"importing {source.rpartition('.')[0]} failed: {seen}"}
        write(source=source, zenml=version("zenml"), unimportable=unimportable)
    except RefusalError as error:
        code, message, hint = error.args
        write(code=code, message=message, hint=hint)


if __name__ == "__main__":
    # Its own folder is full of modules that are not the user's.
    del sys.path[0]
    main(Path(sys.argv[1]), sys.argv[2])
