"""What the owner of a project still has to write of its engine."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

NOT_WRITTEN = {"_not_written", "NotWrittenError", "NotImplementedError"}
"""What the only line of such a method calls or raises."""


@dataclass(frozen=True)
class Stub:
    """A method that is still to be written.

    Attributes:
        file: where it is, below the project's folder.
        name: what it is called.
        question: the first line of its docstring.
    """

    file: str
    name: str
    question: str


def stubs_of(project: Path) -> list[Stub]:
    """The stubs that are left in a project's engine, found without importing any of it."""
    return [
        Stub(path.relative_to(project).as_posix(), method.name, _question(method))
        for path in sorted(project.glob("*/engine/*.py"))
        for kind in ast.walk(_parsed(path))
        if isinstance(kind, ast.ClassDef)
        for method in kind.body
        if isinstance(method, ast.FunctionDef) and _is_stub(method)
    ]


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except SyntaxError:
        # Whoever builds or imports it says so in its own words.
        return ast.Module(body=[], type_ignores=[])


def _is_stub(method: ast.FunctionDef) -> bool:
    lines = method.body[1:] if ast.get_docstring(method) is not None else method.body
    match lines:
        case [ast.Expr(ast.Call(ast.Name(name)))]:
            return name in NOT_WRITTEN
        case [ast.Raise(ast.Name(name) | ast.Call(ast.Name(name)))]:
            return name in NOT_WRITTEN
    return False


def _question(method: ast.FunctionDef) -> str:
    return (ast.get_docstring(method) or "").partition("\n")[0]
