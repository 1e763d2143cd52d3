"""Notes what a step operator is given, what it returns, and what it leaves."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zenml.client import Client
from zenml.enums import ExecutionStatus, StackComponentType
from zenml.exceptions import RunInterruptedException, RunStoppedException
from zenml.stack import StackComponent
from zenml.step_operators import BaseStepOperator

from .faults import FullStore, Outage

DOORS = ("submit_with_allocation", "submit", "launch_with_allocation", "launch")
"""What ZenML hands a step over by; the longer names came with ZenML 0.97."""

INTERRUPTS = (KeyboardInterrupt, SystemExit, RunInterruptedException, RunStoppedException)
"""What an interrupt is, as Python and ZenML raise it."""

STILL: contextlib.AbstractContextManager[Any] = contextlib.nullcontext()

AGAIN_SECONDS = 1
"""How long an engine does not answer who waits, after the first question."""


class Observer:
    """What is seen of a step operator, and what goes wrong around it.

    That is nothing; or the step is handed over `twice`; or what is to be noted down
    of it is not (`unnoted`); or the engine does not answer for a while (`troubled`).
    """

    def __init__(self, name: str, variables: Mapping[str, str]) -> None:
        """Take the component's name, and variables that are handed over as well."""
        self.name = name
        self.variables = dict(variables)
        self.within = threading.local()
        self.begin()
        sys.addaudithook(self._note_file)

    def begin(self, manner: str = "", marks: Path | None = None) -> None:
        """Forget what was seen; from now on, things go wrong in this manner."""
        self.manner = manner
        self.marks = marks
        self.returned = False
        self.handed: set[str] = set()
        self.changed: set[str] = set()
        self.statuses: set[str] = set()
        self.strange: set[str] = set()
        self.written: set[str] = set()
        self.outage, self.full_store = Outage(AGAIN_SECONDS), FullStore()

    @property
    def seen(self) -> dict[str, Any]:
        """What was seen since."""
        return {
            "returned": self.returned,
            "handed": sorted(self.handed),
            "changed": sorted(self.changed),
            "statuses": sorted(self.statuses),
            "strange": sorted(self.strange),
            "written": sorted(self.written),
            "met": self.outage.met + self.full_store.met,
        }

    def another_operator(self) -> Any:
        """Return the step operator as another process has it, which remembers nothing."""
        kind = StackComponentType.STEP_OPERATOR
        return StackComponent.from_model(Client().get_stack_component(kind, self.name))

    def cut_off(self) -> contextlib.AbstractContextManager[Any]:
        """Let the engine not answer at all."""
        self.outage = Outage()
        return self.outage.lasting()

    def observe(self, operator: Any) -> None:
        """Look at a class of step operators from now on."""
        if getattr(operator, "observed", False):
            return
        operator.observed = True
        for name in (*DOORS, "get_status"):
            method = getattr(operator, name, None)
            if method and method is not getattr(BaseStepOperator, name, None):
                wrap = self._asking if name == "get_status" else self._handing_over
                setattr(operator, name, wrap(method))
        if hasattr(operator, "wait"):
            operator.wait = self._waiting(operator.wait)

    def _handing_over(self, method: Any) -> Any:
        """Hand some variables more over to each step."""
        signature = inspect.signature(method)

        @functools.wraps(method)
        def door(*given: Any, **named: Any) -> Any:
            if getattr(self.within, "door", False):
                # One leads to the other.
                return method(*given, **named)
            bound = signature.bind(*given, **named)
            environment = bound.arguments["environment"] | self.variables
            bound.arguments["environment"] = environment
            self.handed.update(environment)
            before = dict(environment)
            try:
                value = self._pass(method, bound)
            finally:
                items = before.items() ^ environment.items()
                self.changed.update(name for name, _ in items)
            self.returned = True
            self._tell("returned")
            if self.manner == "twice":
                again = signature.bind(self.another_operator(), *bound.args[1:], **bound.kwargs)
                again.arguments["environment"] = before
                # It may say that there is such a job.
                with contextlib.suppress(Exception):
                    self._pass(method, again)
            if self.manner == "unnoted" and self.marks:
                (self.marks / "go").touch()
            return value

        return door

    def _pass(self, method: Any, bound: inspect.BoundArguments) -> Any:
        """Call a method that a step is handed over by."""
        if method.__name__.startswith("launch"):
            method = self._waiting(method)
        self.within.door = True
        try:
            with self.full_store.lasting() if self.manner == "unnoted" else STILL:
                return method(*bound.args, **bound.kwargs)
        finally:
            self.within.door = False

    def _waiting(self, method: Any) -> Any:
        """Note how a method that waits is left; the engine may not answer meanwhile."""

        @functools.wraps(method)
        def wait(*given: Any, **named: Any) -> Any:
            try:
                with self.outage.lasting() if self.manner == "troubled" else STILL:
                    value = method(*given, **named)
            except BaseException as error:
                is_interrupt = isinstance(error, INTERRUPTS)
                self._tell("left", "" if is_interrupt else f"it raised {error!r}")
                raise
            self._tell("left", f"it returned {getattr(value, 'value', value)}")
            return value

        return wait

    def _asking(self, method: Any) -> Any:
        """Note each status."""

        @functools.wraps(method)
        def get_status(*given: Any, **named: Any) -> Any:
            if self.manner == "troubled":
                self.outage.refuse()
            status = method(*given, **named)
            self.statuses.add(str(getattr(status, "value", status)))
            if not isinstance(status, ExecutionStatus):
                self.strange.add(f"{status!r}, a {type(status).__qualname__}")
            return status

        return get_status

    def _tell(self, what: str, text: str = "") -> None:
        """Tell it beside the folder for marks, since this process may be killed."""
        if self.marks:
            Path(f"{self.marks}.{what}").write_text(text, encoding="utf-8")

    def _note_file(self, event: str, given: tuple[Any, ...]) -> None:
        """Note which files are written while a step is handed over."""
        if event not in ("open", "os.rename") or not getattr(self.within, "door", False):
            return
        path = given[1] if event == "os.rename" else given[0]
        writes = event == "os.rename" or given[2] & (os.O_WRONLY | os.O_RDWR)
        if writes and isinstance(path, (str, os.PathLike)):
            self.written.add(str(Path(path).absolute()))
