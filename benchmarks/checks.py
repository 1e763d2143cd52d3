"""What `sop-new check` costs beside `import zenml`, as ratios within one run.

Run as `.venv/bin/python benchmarks/checks.py [ROUNDS]`. A project of the backend `local` has
its levels structure and config checked and then all levels, in turns with an interpreter that
imports ZenML's client and nothing else. Medians are compared, of the time that went by and of the
time that processors were busy, which other work on the machine changes less. Then it says where
the time goes: how much of it is preparation, and which checks were waited for.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

REPOSITORY = Path(__file__).resolve().parents[1]
SOP_NEW = Path(sys.executable).with_name("sop-new")
LOOKING = ("--level", "structure", "--level", "config")
SHOWN = 8


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Attributes:
        seconds: the time that went by.
        busy: the time that processors were busy with it, and with what it waited for.
    """

    seconds: float
    busy: float


def busy() -> float:
    """The seconds that processors were busy with processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cost(command: Sequence[str | Path], folder: Path) -> Cost:
    """Run a command; what it took."""
    path = f"{SOP_NEW.parent}{os.pathsep}{os.environ['PATH']}"
    before, started = busy(), time.perf_counter()
    subprocess.run(
        command, cwd=folder, env=os.environ | {"PATH": path}, check=True, capture_output=True
    )
    return Cost(time.perf_counter() - started, busy() - before)


def tell(what: str, costs: Sequence[Cost], imports: Sequence[Cost]) -> None:
    """Print the medians of a command, and how many imports of ZenML that is."""
    seconds, used = median(c.seconds for c in costs), median(c.busy for c in costs)
    by_seconds = seconds / median(c.seconds for c in imports)
    by_used = used / median(c.busy for c in imports)
    print(
        f"{what:22} {seconds:6.1f} s, ratio {by_seconds:5.1f}   "
        f"busy {used:6.1f} s, ratio {by_used:5.1f}"
    )


def where(report: Path, seconds: float) -> None:
    """Print which part of the time was preparation, and which checks were waited for."""
    cases = [
        (float(case.attrib["time"]), case.attrib["name"])
        for case in ElementTree.parse(report).iter("testcase")  # noqa: S314 - our own
    ]
    print(f"of {seconds:.1f} s, {seconds - sum(took for took, _ in cases):.1f} are preparation;")
    for took, name in sorted(cases, reverse=True)[:SHOWN]:
        print(f"  {took:5.1f} s until {name.removeprefix('test_').replace('_', ' ')}")


def main(rounds: int) -> None:
    """Make a project and an environment, and measure there."""
    sys.path.insert(0, str(REPOSITORY))
    from tests.template.environments import whole_environment
    from tests.template.rendering import commit_template, copy_template, render
    from tests.zenml.versions import NEWEST

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        template = commit_template(copy_template(place / "template"))
        project = render(template, place / "zenml-acme", {"backend": "local"})
        python = whole_environment(NEWEST.lock) / "bin" / "python"
        check = (SOP_NEW, "check", project, "--python", python)
        report = place / "report.xml"
        imports, looking, everything = [], [], []
        for _ in range(rounds):
            imports.append(cost((python, "-c", "import zenml.client"), place))
            looking.append(cost((*check, *LOOKING), place))
            imports.append(cost((python, "-c", "import zenml.client"), place))
            everything.append(cost((*check, "--junit", report), place))
        tell("import zenml.client", imports, imports)
        tell("structure and config", looking, imports)
        tell("all levels", everything, imports)
        where(report, everything[-1].seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
