"""The versions of ZenML on which the template is tested: the one place that lists them.

A release that is added here is locked by `make lock`, run by `make test-zenml` and shown by
`make zenml-table`.
"""

from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet

LOCKS = Path(__file__).parent / "locks"

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
"""The Pythons on which the newest release runs, one of them in `make test`; others run on one."""


@dataclass(frozen=True)
class Release:
    """The last release of one of ZenML's minor versions.

    Attributes:
        version: as the package index has it.
        pythons: the upper bound of the Pythons that it says it runs on.
    """

    version: str
    pythons: str

    @property
    def minor(self) -> str:
        return self.version.rpartition(".")[0]

    @property
    def lock(self) -> Path:
        return LOCKS / f"{self.minor}.txt"

    def runs_on(self, python: str) -> bool:
        return python in SpecifierSet(self.pythons)


RELEASES = (
    Release("0.84.3", "<3.13"),
    Release("0.85.0", "<3.13"),
    Release("0.90.0", "<3.13"),
    Release("0.91.2", "<3.14"),
    Release("0.92.0", "<3.14"),
    Release("0.93.3", "<3.14"),
    Release("0.94.6", "<3.14"),
    Release("0.95.1", "<3.15"),
    Release("0.96.4", "<3.15"),
    Release("0.97.0", "<3.15"),
    Release("0.98.0", "<3.15"),
)
OLDEST, NEWEST = RELEASES[0], RELEASES[-1]


def oldest_on(python: str) -> Release:
    """The oldest release that runs on a Python."""
    return next(release for release in RELEASES if release.runs_on(python))


CONTRACT, LIFECYCLE, ONCE = "contract", "lifecycle", "once"
"""The contract's pipelines; the lifecycle's scenarios, and those that no release changes."""
CORE = {"core-host": "local", "core-image": "blank-image"}
"""The unit tests of the core, each with the kind of project that they are run on."""
OLD = ("local", "blank-image")
"""A kind of project for each runtime: nothing else that knows ZenML differs between kinds."""
OWN = (*OLD, "slurm", "gridengine", "ssh", "docker", "blank-host")
"""The tests that a project of a kind holds itself."""


@dataclass(frozen=True)
class Row:
    """A release on a Python, and what of the suites is run there."""

    release: Release
    python: str
    suites: tuple[str, ...]

    def __str__(self) -> str:
        return f"zenml-{self.release.minor}-python-{self.python}"


def rows(python: str) -> list[Row]:
    """Every release on `python`, or else the newest that it runs on; the newest on the others."""
    pairs = [(release, _best_python(release, python)) for release in RELEASES[:-1]]
    # There, `make test` has run the newest one.
    pairs += [(NEWEST, each) for each in PYTHONS if each != python]
    # What holds at both ends, and of the lifecycle on each release, holds between them.
    ends = (pairs[0], pairs[-1])
    every_python = (pairs[0], *pairs[len(RELEASES) - 1 :])
    lifecycle = dict(pairs).items()
    suites = {
        **dict.fromkeys((*CORE, *OLD), ends),
        **dict.fromkeys([kind for kind in OWN if kind not in OLD], ends[1:]),
        **dict.fromkeys(("core-host", "local"), every_python),
        CONTRACT: ends,
        LIFECYCLE: lifecycle,
        ONCE: ends[1:],
    }
    return [
        Row(*pair, suites=tuple(suite for suite, where in suites.items() if pair in where))
        for pair in pairs
    ]


def _best_python(release: Release, wanted: str) -> str:
    known = [python for python in PYTHONS if release.runs_on(python)]
    return wanted if wanted in known else known[-1]
