"""Where `sop-new check` runs: a temporary folder, and the interpreter of a flavor's environment."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sop_new.check.catalogue import FOLDER
from sop_new.check.result import SEVERITIES, Check, Finding, Outcome
from sop_new.check.warm import ZENML, warm
from sop_new.errors import Code, SopNewError
from sop_new.guests import OVERLAY, PREFLIGHT
from sop_new.printing import spinner, ticker
from sop_new.running import isolation, processes, wheel

# Nothing of the user's is called like this package.
PACKAGE = "sop_new_contract"
STARTED = re.compile(rf"^{PACKAGE}/(test_\w+\.py::test_\w+)", re.MULTILINE)
SHOWN_LINES = 20
IMPORT = "import importlib, sys; importlib.import_module(sys.argv[1])"


@dataclass(frozen=True)
class Target:
    """A flavor that was looked at.

    Attributes:
        source: import path of its class.
        zenml: the version of ZenML there.
        unimportable: where it cannot be imported for want of an SDK, the id of the check that
            demands otherwise, and what it says; else empty.
    """

    source: str
    zenml: str
    unimportable: Mapping[str, str]


@dataclass(frozen=True)
class Sandbox:
    """The temporary folder of one run, and what happens in it.

    Attributes:
        folder: its path.
        python: the interpreter that runs everything.
        home: the folder that the flavor can be imported from.
        also: folders of other modules that are needed.
    """

    folder: Path
    python: str
    home: Path
    also: tuple[Path, ...] = ()

    def build(self, project: Path) -> None:
        """Put a project where it can be imported from, as it would be installed.

        Raises:
            SopNewError: it can't be built.
        """
        wheels = self.folder / "wheels"
        with spinner("Building the project's wheel"):
            finished = self.run(*wheel.build(self.python, project, wheels), PYTHONPATH="")
        if "No module named pip" in finished.error:
            raise SopNewError(
                Code.PYTHON_UNUSABLE,
                "Nothing here builds the project's wheel: uv is not on PATH, and there is no pip "
                f"for {self.python}.",
                f"Get one of them: {shlex.join([self.python, '-m', 'ensurepip'])}, or install uv.",
            )
        if finished.status:
            raise SopNewError(
                Code.TARGET_UNUSABLE,
                f"The project's wheel can't be built: {finished.error}",
                "Mend it; or install the project, and check the import path of its flavor.",
                finished.lines[-SHOWN_LINES:],
            )
        [built] = wheels.glob("*.whl")
        with zipfile.ZipFile(built) as archive:
            archive.extractall(self.home)
        # As installers note it down of what comes from no index (PEP 610): an image operator has to
        # take it along then.
        [information] = self.home.glob("*.dist-info")
        origin = {"url": built.as_uri(), "archive_info": {}}
        (information / "direct_url.json").write_text(json.dumps(origin), encoding="utf-8")

    def look_at(self, target: str) -> Target:
        """The flavor that a target is.

        Raises:
            SopNewError: it is none, or can't be imported, or something is missing there.
        """
        answer = self.folder / "preflight.json"
        said: Sequence[str]
        try:
            with spinner("Looking at the flavor"):
                said = self.run(self.python, PREFLIGHT, str(answer), target).lines
        except OSError as error:
            said = [error.strerror or str(error)]
        if not answer.is_file():
            why = said[-1] if said else "it says nothing"
            raise SopNewError(
                Code.PYTHON_UNUSABLE,
                f"{self.python} does not run as a Python: {why}",
                "Name the one of the flavor's environment: --python .venv/bin/python",
            )
        found = json.loads(answer.read_bytes())
        if "code" in found:
            code = next(code for code in Code if code.label == found["code"])
            raise SopNewError(code, found["message"], found["hint"])
        return Target(**found)

    def try_stand_in(self, module: str) -> None:
        """Import the module that takes the place of an engine.

        Raises:
            SopNewError: it can't be imported.
        """
        finished = self.run(self.python, "-c", IMPORT, module)
        if finished.status:
            raise SopNewError(
                Code.TARGET_UNUSABLE,
                f"The stand-in {module} can't be imported: {finished.error}",
                "Name a module as it is imported, from here or from PYTHONPATH: tests.fake_engine",
                finished.lines[-SHOWN_LINES:],
            )

    def findings(self, checks: Sequence[Check], target: Target, **variables: str) -> list[Finding]:
        """Run checks; returns how they came out.

        Args:
            checks: what is run.
            target: the flavor.
            variables: what else the contract is told, by the variables that its conftest.py names.

        Raises:
            SopNewError: one of them didn't come out at all.
        """
        no_bytecode = shutil.ignore_patterns("__pycache__")
        shutil.copytree(FOLDER, self.folder / PACKAGE, ignore=no_bytecode)
        (self.folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        variables |= {
            "CONTRACT_FLAVOR": target.source,
            "CONTRACT_REPORT": str(self.report),
            "CONTRACT_ONLY": ",".join(check.id for check in checks),
            "CONTRACT_UNIMPORTABLE": json.dumps(target.unimportable),
        }
        overlay = Path(self.overlay())
        place = self.folder / "warm"
        place.mkdir()
        with (
            ticker("Starting the checks") as tell,
            warm(overlay, *ZENML, folder=place, environment=self.environment) as python,
        ):
            finished = self.run(
                *(str(python), "-m", "pytest", "-v", "--color=no", "-p", "no:cacheprovider"),
                *("-c", "pytest.ini", "--rootdir", ".", f"--junit-xml={self.junit}", PACKAGE),
                look=lambda: tell(self.state(checks)),
                **variables,
            )
        outcomes = self.outcomes
        for check in checks:
            if check.id not in outcomes:
                raise SopNewError(
                    Code.CHECK_BROKEN,
                    f"{check.id} did not come to an end; pytest left with {finished.status}.",
                    f"Its output is above; --skip {check.id}=REASON leaves this check out.",
                    finished.lines[-SHOWN_LINES:],
                )
        return [finding(check, outcomes[check.id]) for check in checks]

    def overlay(self) -> str:
        """The interpreter of an environment that sees all that can be imported here.

        Steps are run by the interpreter of whoever starts them, and know no PYTHONPATH.

        Raises:
            SopNewError: it can't be made.
        """
        environment = self.folder / "environment"
        finished = self.run(self.python, OVERLAY, str(environment))
        if finished.status:
            raise SopNewError(
                Code.PYTHON_UNUSABLE,
                f"{self.python} makes no virtual environment: {finished.error}",
                "It needs Python's module venv, which some distributions have as a package.",
            )
        return str(environment / "bin" / "python")

    def run(
        self, *command: str, look: Callable[[], object] = lambda: None, **variables: str
    ) -> processes.Finished:
        """Run a program that can import the flavor, cut off from the user's ZenML."""
        return processes.run(
            command,
            log=self.log,
            environment=self.environment | variables,
            folder=self.folder,
            look=look,
            # pytest takes down on SIGINT what it has set up, and on SIGTERM nothing.
            ask=signal.SIGINT,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables of all programs that it runs."""
        given = map(Path, filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))
        # They may be relative, to where the user stands.
        also = (str(path.absolute()) for path in (*given, *self.also))
        return {
            **isolation.environment(self.python, self.folder),
            "PYTHONPATH": os.pathsep.join((str(self.home), *also)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }

    @property
    def log(self) -> Path:
        """What the running program said."""
        return self.folder / "log"

    @property
    def junit(self) -> Path:
        """Pytest's own report."""
        return self.folder / "junit.xml"

    @property
    def report(self) -> Path:
        """A line of JSON for each check that has come out."""
        return self.folder / "report"

    @property
    def outcomes(self) -> dict[str, list[dict[str, str]]]:
        """The report's lines, by the check's id: one that is run several times has several."""
        text = self.report.read_text(encoding="utf-8") if self.report.exists() else ""
        by_id: dict[str, list[dict[str, str]]] = {}
        # What follows the last newline is still being written.
        for line in map(json.loads, text.split("\n")[:-1]):
            by_id.setdefault(line["id"], []).append(line)
        return by_id

    def state(self, checks: Sequence[Check]) -> str:
        """Which check runs, and how many are done."""
        done = self.outcomes
        started = STARTED.findall(self.log.read_text(encoding="utf-8", errors="replace"))
        running = [
            check
            for check in checks
            if check.id not in done and started and check.test == started[-1]
        ]
        return "; ".join(
            [
                f"{len(done)} of {len(checks)} checks done",
                *(f"{check.id}: {check.demands}" for check in running),
            ]
        )


def finding(check: Check, lines: Sequence[Mapping[str, str]]) -> Finding:
    """How a check came out: failed if any of its runs failed, skipped if all were."""
    order: tuple[Outcome, ...] = ("failed", "passed", "skipped")
    outcome = next(each for each in order if any(line["outcome"] == each for line in lines))
    those = [line for line in lines if line["outcome"] == outcome]
    said, lacks = (
        "\n".join(filter(None, dict.fromkeys(line[word] for line in those)))
        for word in ("said", "lacks")
    )
    severity = min((line["severity"] for line in those), key=SEVERITIES.index)
    return Finding.model_validate(
        dict(check) | {"outcome": outcome, "said": said, "lacks": lacks, "severity": severity}
    )
