"""The contract's checks, as its files declare them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from sop_new.check.result import Check
from sop_new.errors import Code, SopNewError

FOLDER = Path(__file__).parents[1] / "contract"
"""The contract: files for pytest, which are read here and run elsewhere."""


@dataclass(frozen=True)
class Catalogue:
    """The checks of some files.

    Attributes:
        files: their content, by name.
    """

    files: Mapping[str, bytes]

    @cached_property
    def levels(self) -> list[str]:
        """Names of the levels, in their order."""
        return list(self._level_of_digit.values())

    @cached_property
    def checks(self) -> list[Check]:
        """All checks, sorted by id. They are read from the source, nothing is run."""
        found = [
            Check.model_validate(
                {
                    "id": id,
                    "level": self._level_of_digit[id.removeprefix("SOP")[0]],
                    "test": f"{name}::{function}",
                    **words,
                }
            )
            for name, source in self.files.items()
            if name.startswith("test_")
            for function, id, words in _declared(source)
        ]
        return sorted(found, key=lambda check: check.id)

    @cached_property
    def _level_of_digit(self) -> dict[str, str]:
        for node in ast.parse(self.files["checks.py"]).body:
            match node:
                case ast.Assign(targets=[ast.Name("LEVELS")], value=value):
                    return dict(ast.literal_eval(value))
        raise AssertionError("checks.py of the contract names no LEVELS")

    def find(self, id: str) -> Check:
        """The check of an id.

        Raises:
            SopNewError: there is none; the error names the nearest one.
        """
        by_id = {check.id: check for check in self.checks}
        if found := by_id.get(id.upper()):
            return found
        raise _unknown("check", id, list(by_id), "docs/contract.md lists them.")

    def choose(self, levels: list[str], only: list[str]) -> list[Check]:
        """The checks of some levels and ids; where none are named, of all.

        Raises:
            SopNewError: there is no such level or check, or none of both.
        """
        for level in levels:
            if level not in self.levels:
                raise _unknown(
                    "level", level, self.levels, f"The levels are {_listed(self.levels)}."
                )
        wanted = {self.find(id).id for id in only}
        chosen = [
            check
            for check in self.checks
            if (not levels or check.level in levels) and (not only or check.id in wanted)
        ]
        if not chosen:
            raise SopNewError(
                Code.USAGE,
                "No check is of these levels and ids.",
                f"The levels are {_listed(self.levels)}.",
            )
        return chosen


def load() -> Catalogue:
    """The checks of the contract."""
    return Catalogue({file.name: file.read_bytes() for file in FOLDER.glob("*.py")})


def checks() -> list[Check]:
    """All of them, sorted by id."""
    return load().checks


def _declared(source: bytes) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Name, id and words of the functions of a module that are decorated with `check`."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            match decorator:
                case ast.Call(func=ast.Name("check"), args=[id], keywords=keywords):
                    words = {str(word.arg): ast.literal_eval(word.value) for word in keywords}
                    yield node.name, ast.literal_eval(id), words


def _unknown(kind: str, name: str, known: list[str], otherwise: str) -> SopNewError:
    near = get_close_matches(name.upper() if kind == "check" else name, known, n=1, cutoff=0.6)
    hint = f"Did you mean {near[0]}?" if near else otherwise
    return SopNewError(Code.CHECK_UNKNOWN, f"There is no {kind} {name}.", hint)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
