"""The rooms of the package `sop_new`, and the floors that they lie on: imports run down alone."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.sop_new_runs import REPOSITORY, succeed

PACKAGE = REPOSITORY / "generator" / "sop_new"

FLOORS = (
    {"printing", "errors", "interrupts"},
    {"running", "guests", "contract"},
    {"projects"},
    {"templates"},
    {"create", "update", "diff", "adopt", "team", "check", "tryout"},
    {"cli", "__main__"},
)
"""The rooms, from the ground up. The ground is one room, of modules that any program needs."""

STRANGERS = {"guests", "contract"}
"""Run by another environment's interpreter, which knows nothing of ours."""

ROOMS = [room for floor in FLOORS for room in sorted(floor)]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules_of(room: str) -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*.py")):
        # What `sop-new team init` writes is a template, and no module.
        if room_of(path) == room and "starter" not in path.parts:
            yield path


def imports(path: Path) -> set[str]:
    """What a module imports from outside its own folder, at its top or later."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                found |= {name.name for name in names}
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found |= {f"{module}.{name.name}" for name in names}
    return {f"{name}." for name in found}


def imported_rooms(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(path) if name.startswith("sop_new.")}


def floor_of(room: str) -> int:
    return next(number for number, floor in enumerate(FLOORS) if room in floor)


def test_every_module_lies_in_a_room() -> None:
    rooms = {room_of(path) for path in PACKAGE.rglob("*.py")}

    assert rooms - {"__init__"} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_from_the_floors_below_it(room: str) -> None:
    below = {other for other in ROOMS if floor_of(other) < floor_of(room)}
    same = FLOORS[0] if room in FLOORS[0] else {room} | ({"cli"} if room == "__main__" else set())

    for path in modules_of(room):
        wrong = imported_rooms(path) - below - same
        assert not wrong, f"{path.relative_to(PACKAGE)} imports from {wrong}"


@pytest.mark.parametrize("room", sorted(STRANGERS))
def test_what_another_interpreter_runs_imports_nothing_of_ours(room: str) -> None:
    assert not {path: rooms for path in modules_of(room) if (rooms := imported_rooms(path))}


@pytest.mark.parametrize("room", sorted({*ROOMS} - STRANGERS))
def test_zenml_is_imported_by_what_another_interpreter_runs_alone(room: str) -> None:
    for path in modules_of(room):
        assert not {name for name in imports(path) if name.startswith("zenml.")}, path


def test_the_declarations_of_commands_import_nothing_heavy(tmp_path: Path) -> None:
    script = "import json, sys, sop_new.cli.app; print(json.dumps(list(sys.modules)))"
    loaded = set(json.loads(succeed(sys.executable, "-c", script, folder=tmp_path)))

    assert "sop_new.cli.team" in loaded
    assert loaded.isdisjoint({"copier", "pydantic", "rich", "yaml", "zenml"})
