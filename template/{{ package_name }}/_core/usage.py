"""What a job has used of what it was given: in its details, and in a word about waste.

Engines that count it say so by `Usage.details`. It needs the standard library alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .resources import Resources

LITTLE = 0.1
"""The share of what a step asked for up to which it is told that it needs less."""

ELAPSED = "elapsed"
"""The detail without which nothing is known of what a job has used."""

UNITS = "BKMGTP"


@dataclass(frozen=True)
class Usage:
    """What an engine has counted of a job that has ended; 0 where it has not.

    Attributes:
        seconds: From its start to its end.
        cpu_seconds: Time of all cpus together.
        cpus: How many it had.
        memory: How much it had, in MiB.
        peak: The most memory that it used at a time, in MiB.
    """

    seconds: float
    cpu_seconds: float = 0
    cpus: float = 0
    memory: float = 0
    peak: float = 0

    @property
    def details(self) -> dict[str, str]:
        """What goes into the details of its state."""
        told = {ELAPSED: str(timedelta(seconds=round(self.seconds)))}
        if self.cpu_seconds and self.cpus and self.seconds:
            share = self.cpu_seconds / self.cpus / self.seconds
            told["cpu_efficiency"] = f"{share:.1%}"
        if self.peak:
            told["peak_memory"] = f"{self.peak:.0f} MiB"
            if self.memory:
                told["memory_efficiency"] = f"{self.peak / self.memory:.1%}"
        return told


def unused(details: Mapping[str, str], asked: Resources) -> Iterator[str]:
    """Name what a step has asked for and hardly used, as in "3.0% of its 8 cpus".

    Of less than a minute nothing is said: memory is looked at every half a minute.
    """
    if details.get(ELAPSED, "").startswith("0:00:"):
        return
    for key, wanted in (
        ("cpu_efficiency", asked.cpus and f"{asked.cpus:g} cpus"),
        ("memory_efficiency", asked.memory and f"{asked.memory} MiB of memory"),
    ):
        share = details.get(key, "")
        if wanted and share and float(share.rstrip("%")) / 100 <= LITTLE:
            yield f"{share} of its {wanted}"


def mebibytes(told: str, name: str) -> float:
    """Read a size from a list such as cpu=2,mem=1.5G, in steps of 1024; 0 without it.

    Without a letter it is in bytes.
    """
    found = re.search(rf"\b{name}=([\d.]+)([{UNITS}]?)", told)
    if not found:
        return 0
    return float(found[1]) * 1024.0 ** (UNITS.index(found[2] or "B") - 2)


def seconds(told: str) -> float:
    """Read a time such as 3-04:05:06 or 05:06.789: days, hours, minutes, seconds.

    Raises:
        ValueError: If it is none.
    """
    days, _, clock = told.rpartition("-")
    total = 0.0
    for part in clock.split(":"):
        total = 60 * total + float(part)
    return 86400 * int(days or 0) + total
