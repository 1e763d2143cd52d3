"""Runs pipelines as they are asked for, and writes down what became of each.

Runs as `python launch.py PLAN` in a source root, with a ZenML of its own. Each line of
its standard input is a task: `prepare`; a pipeline, as in `static.looking`, or in
`static.waiting@unnoted` with what goes wrong meanwhile; or a method of the step operator,
as in `ask.cancel@waiting-7`, which is called for the step of this run, or `deaf.cancel`
while the engine does not answer. What came of it is the file NAME.json in the folder of
PLAN, what was said is NAME.log.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from zenml.client import Client
from zenml.config.global_config import GlobalConfiguration
from zenml.enums import StackComponentType

# They lie beside this file, which runs as a script.
Observer: Any = importlib.import_module("observing.observer").Observer
importlib.import_module("remote")

OPERATOR = StackComponentType.STEP_OPERATOR
NAME = "contract"
"""Name of the component and of the stack."""

OURS = {"builtins", "flows", "pydantic", "pydantic_core", "sqlalchemy", "zenml"}
"""Modules whose exceptions do not come from an engine's client."""

EXCUSED = (NotImplementedError, OSError, subprocess.SubprocessError)

MISTAKES = (AssertionError, AttributeError, LookupError, NameError, TypeError)


class Launcher:
    """What this process runs, and what it sees of the step operator."""

    def __init__(self, plan: Path) -> None:
        """Read what is to be run."""
        self.folder = plan.parent
        self.plan = json.loads(plan.read_text(encoding="utf-8"))
        # Each process of ZenML rewrites its configuration in place, and takes an empty one for
        # none (0.98, config/global_config.py): launchers that run side by side share no such file.
        cast(Any, GlobalConfiguration)._config_file = str(self.folder / "zenml.yaml")
        self.observer: Any = Observer(NAME, self.plan["variables"])

    def do(self, task: str) -> dict[str, Any]:
        """Do what a line says, and tell what came of it."""
        kind, _, rest = task.partition(".")
        name, _, more = rest.partition("@")
        if kind == "prepare":
            return self.attempt(self.prepare)
        # There is a store, which this ZenML has made: nobody has to look for migrations again,
        # which takes a third of a step's time.
        os.environ["DISABLE_DATABASE_MIGRATION"] = "true"
        Client().activate_stack(NAME)
        if kind in ("ask", "deaf"):
            self.observer.begin()
            ask = self.ask if kind == "ask" else self.ask_in_vain
            return {**self.attempt(lambda: ask(name, more)), **self.observer.seen}
        return self.play(kind, name, more)

    def attempt(self, action: Callable[[], object]) -> dict[str, Any]:
        """Do something; returns its value, and what it raised."""
        told: dict[str, Any] = {"value": None, "raised": "", "excuse": ""}
        try:
            value = action()
            told["value"] = getattr(value, "value", value)
        except Exception as error:
            traceback.print_exc()
            told["raised"] = in_a_line(error)
            told["kinds"] = [c.__name__ for each in causes(error) for c in type(each).__mro__]
            told["excuse"] = "" if self.observer.returned else self.excuse(error)
        return told

    def prepare(self) -> None:
        """Register the flavor, a component and a stack of it."""
        client = Client()
        flavor = self.plan["flavor"]
        # ZenML's own are registered already.
        if not client.list_flavors(name=flavor, type=OPERATOR).total:
            client.create_flavor(self.plan["source"], OPERATOR)
        client.create_stack_component(
            name=NAME,
            flavor=flavor,
            component_type=OPERATOR,
            configuration=self.plan["configuration"],
        )
        default = (StackComponentType.ORCHESTRATOR, StackComponentType.ARTIFACT_STORE)
        components = dict.fromkeys(default, "default") | {OPERATOR: NAME}
        client.create_stack(name=NAME, components=components)

    def play(self, module: str, name: str, manner: str) -> dict[str, Any]:
        """Run a pipeline; its run has the name of the folder for its marks."""
        store = Path(Client().active_stack.artifact_store.path)
        run_name = "-".join(filter(None, (name, manner, str(os.getpid()))))
        marks = store / "contract" / run_name
        marks.mkdir(parents=True)
        task = f"{module}.{name}" + (f"@{manner}" if manner else "")
        write(self.folder / f"{task}.marks", str(marks))
        self.observer.begin(manner, marks)
        pipeline = getattr(importlib.import_module(f"flows.{module}"), name)
        named = pipeline.with_options(run_name=run_name)
        told = self.attempt(lambda: self.run(named, str(marks)))
        runs = Client().list_pipeline_runs(name=run_name).items
        run = Client().get_pipeline_run(runs[0].id) if runs else None
        return {
            **told,
            **self.observer.seen,
            "marks": str(marks),
            "run": run.status.value if run else None,
            "steps": [described(step) for step in run.steps.values()] if run else [],
        }

    def run(self, pipeline: Any, marks: str) -> None:
        """Run a pipeline to its end."""
        self.observer.observe(type(self.operator))
        pipeline(marks)

    def ask(self, method: str, run: str) -> object:
        """Call a method of the step operator for the newest step of a run."""
        self.observer.observe(type(self.operator))
        return getattr(self.operator, method)(newest_step(run))

    def ask_in_vain(self, method: str, run: str) -> object:
        """Do so while the engine does not answer, and without what is remembered of it."""
        step, operator = newest_step(run), self.observer.another_operator()
        with self.observer.cut_off():
            return getattr(operator, method)(step)

    @property
    def operator(self) -> Any:
        """The step operator."""
        return Client().active_stack.step_operator

    def excuse(self, error: BaseException) -> str:
        """Tell why an error does not speak against the step operator; "" if it does.

        It does not where an engine is out of reach or refuses, which its client or its
        programs say; where that client is not installed; where something is still to be
        written; and where ZenML does not come so far, since there is no image or the
        stack does not suit.
        """
        package = self.plan["source"].partition(".")[0]
        chain = list(causes(error))
        for each in chain:
            if isinstance(each, ModuleNotFoundError) and each.name:
                # What ZenML makes of it is a KeyError.
                return "" if each.name.partition(".")[0] == package else in_a_line(each)
        if isinstance(error, MISTAKES) and type(error).__module__ == "builtins":
            # Even one that was made while an engine's error was handled.
            return ""
        own = OURS | {package} | sys.stdlib_module_names
        for each in chain:
            root = type(each).__module__.partition(".")[0]
            if isinstance(each, EXCUSED) or root not in own:
                return in_a_line(error)
        if not self.observer.handed and not any(isinstance(each, MISTAKES) for each in chain):
            return in_a_line(error)
        return ""


def newest_step(run: str) -> Any:
    """Return the newest step of a run."""
    [found] = Client().list_pipeline_runs(name=run).items
    steps = Client().list_run_steps(pipeline_run_id=found.id, sort_by="desc:created", size=1)
    return Client().get_run_step(steps.items[0].id)


def described(step: Any) -> dict[str, Any]:
    """Tell what ZenML knows of a step."""
    return {
        "name": step.name,
        "status": step.status.value,
        "metadata": repr(step.run_metadata),
        "sides": sides(step.outputs),
    }


def sides(outputs: dict[str, Any]) -> object:
    """Return this output, if it is one and can be read."""
    try:
        artifact = outputs["sides"]
        return (artifact[0] if isinstance(artifact, list) else artifact).load()
    except Exception as error:
        return in_a_line(error)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, and what it came from."""
    while error:
        yield error
        error = error.__cause__ or error.__context__


def in_a_line(error: BaseException) -> str:
    """Tell an error in one line."""
    return f"{type(error).__qualname__}: {' '.join(str(error).split())}"


def write(path: Path, text: str) -> None:
    """Write a file that appears as a whole."""
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.rename(path)


@contextlib.contextmanager
def said_to(log: Path) -> Iterator[None]:
    """Let a file take what is said on stdout and stderr."""
    with log.open("wb") as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    # What was started in a shell's background ignores it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    launcher = Launcher(Path(sys.argv[1]))
    for line in sys.stdin:
        name = line.strip()
        with said_to(launcher.folder / f"{name}.log"):
            told = launcher.do(name)
        write(launcher.folder / f"{name}.json", json.dumps(told))
