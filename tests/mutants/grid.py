"""Which broken operators are looked at, or run, together.

A run takes most of a minute, so several edits are made to one operator: those of a row of a grid,
and those of a column. In each run, all of their checks must fail, and no other. Two edits meet in
one run at most: if one failed the check of another, or not its own, a run without the other would
show it. What is in no grid is alone: once it is broken so, there is nothing else to see.
"""

from itertools import chain
from typing import TypeAlias

from tests.mutants import live, static
from tests.mutants.edits import Mutant

Grid: TypeAlias = list[list[str]]
"""Never in one line: two that edit the same text, or of which one hides what the other does."""

RUN: Grid = [
    ["SOP403", "SOP306", "SOP327", "SOP331", "SOP303", "SOP317", "SOP338"],
    ["SOP319", "SOP314", "SOP501", "SOP323", "SOP321", "SOP310", "SOP406"],
    ["SOP402", "SOP304", "SOP328", "SOP312", "SOP309", "SOP322", "SOP330"],
    ["SOP307", "SOP326", "SOP318", "SOP401", "SOP313", "SOP320", "SOP336"],
    ["SOP502", "SOP302", "SOP315", "SOP329", "SOP305", "SOP316", "SOP335"],
    ["SOP311", "SOP325", "SOP324", "SOP308", "SOP337", "SOP404", "SOP407"],
    ["SOP332", "", "", "SOP334", "SOP333", "", ""],
]

LOOKED_AT: Grid = [
    ["SOP204", "SOP129", "SOP118", "SOP102", "SOP218", "SOP210", ""],
    ["SOP110", "SOP217", "SOP207", "SOP211", "SOP209", "SOP212", ""],
    ["SOP216", "SOP107", "SOP202", "SOP119", "SOP130", "SOP205", ""],
    ["SOP219", "SOP123", "SOP108", "SOP206", "SOP214", "SOP405", "SOP132"],
    ["SOP203", "SOP208", "SOP215", "SOP113", "SOP109", "SOP117", ""],
    ["SOP131", "", "", "", "", "", ""],
]


def groups(grid: Grid, mutants: dict[str, Mutant]) -> list[list[Mutant]]:
    """Mutants that are broken together; those that take longest come first."""
    lines = [*grid, *map(list, zip(*grid, strict=True))]
    alone = [[check] for check in mutants if check not in chain(*grid)]
    return [[mutants[check] for check in line if check] for line in (*lines, *alone)]


TO_RUN = groups(RUN, live.MUTANTS)
TO_LOOK_AT = groups(LOOKED_AT, static.MUTANTS)
