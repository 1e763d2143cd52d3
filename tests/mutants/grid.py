"""Which broken operators are run together.

A run takes most of a minute, so several edits are made to one operator: those of a row of GRID, and
those of a column. In each run, all of their checks must fail, and no other. Two edits meet in one
run at most: if one failed the check of another, or not its own, a run without the other would show
it.
"""

from tests.mutants.edits import Mutant
from tests.mutants.live import MUTANTS

ALONE = ["SOP301"]
"""On this one nothing runs at all."""

GRID = [
    ["SOP403", "SOP306", "SOP327", "", "SOP303", "SOP317"],
    ["SOP319", "SOP314", "SOP501", "SOP323", "SOP321", "SOP310"],
    ["SOP402", "SOP304", "SOP328", "SOP312", "SOP309", "SOP322"],
    ["SOP307", "SOP326", "SOP318", "SOP401", "SOP313", "SOP320"],
    ["SOP502", "SOP302", "SOP315", "SOP329", "SOP305", "SOP316"],
    ["SOP311", "SOP325", "SOP324", "SOP308", "", "SOP404"],
]
"""Never in one line: two that edit the same text, or of which one hides what the other does."""


def groups() -> list[list[Mutant]]:
    """Mutants that are run together."""
    together = [ALONE, *GRID, *zip(*GRID, strict=True)]
    return [[MUTANTS[check] for check in group if check] for group in together]
