"""The words of the contract: a check, what is checked, and how a finding is told."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pytest

if TYPE_CHECKING:
    from zenml.stack import Flavor

Severity = Literal["fatal", "serious", "minor"]
Function = TypeVar("Function", bound=Callable[..., None])

LEVELS = {
    "1": "structure",
    "2": "config",
    "3": "lifecycle",
    "4": "secrets",
    "5": "resources",
}
"""By the first digit of a check's id."""


@dataclass(frozen=True)
class Check:
    """One demand on a step operator.

    Attributes:
        id: `SOP` and three digits, the first of them the level's.
        severity: What a failure means: nothing runs; steps, secrets or time are lost;
            or somebody is misled.
        demands: What must hold, in a sentence.
        why: What a user suffers otherwise, with ZenML's version and the place in its
            source.
        mend: What to do.
    """

    id: str
    severity: Severity
    demands: str
    why: str
    mend: str


def check(
    id: str, *, severity: Severity, demands: str, why: str, mend: str
) -> Callable[[Function], Function]:
    """Declare a test to be a check, by literals: others read them without running."""

    def declare(function: Function) -> Function:
        function.check = Check(id, severity, demands, why, mend)  # type: ignore[attr-defined]
        return function

    return declare


def plays(*scenes: object, submits: bool = False) -> Callable[[Function], Function]:
    """Name the scenes that a check looks at, which may happen before it asks.

    Args:
        scenes: Tasks of a launcher, or functions of the stage.
        submits: Whether they concern those alone who submit.
    """

    def declare(function: Function) -> Function:
        function.scenes, function.submits = scenes, submits  # type: ignore[attr-defined]
        return function

    return declare


def refuse_if(wrong: object, seen: str) -> None:
    """Fail a check with what was seen."""
    if wrong:
        pytest.fail(seen, pytrace=False)


def name_of(thing: object) -> str:
    """Name a class or a function, and anything else by its value."""
    return getattr(thing, "__qualname__", None) or repr(thing)


@dataclass(frozen=True)
class Subject:
    """The flavor that is checked.

    Attributes:
        source: Its import path, as it is registered by.
        flavor_class: Its class.
    """

    source: str
    flavor_class: type[Flavor]

    @cached_property
    def flavor(self) -> Flavor:
        """An instance, as ZenML makes it."""
        return self.flavor_class()

    @cached_property
    def config_class(self) -> Any:
        """Class of a component's configuration."""
        return self.flavor.config_class

    @cached_property
    def operator_class(self) -> Any:
        """Class of the step operator."""
        return self.flavor.implementation_class

    @property
    def package(self) -> str:
        """The top-level package that it belongs to."""
        return self.source.partition(".")[0]

    @property
    def is_zenmls_own(self) -> bool:
        """Whether ZenML ships it, and knows what it requires."""
        return self.package == "zenml"


def overrides(operator_class: Any, name: str) -> bool:
    """Whether a method is not that of the base class."""
    from zenml.step_operators import BaseStepOperator

    theirs = getattr(BaseStepOperator, name, None)
    return getattr(operator_class, name, theirs) is not theirs


def door(operator_class: Any, name: str) -> str:
    """Return the method that hands steps over, `submit` or `launch`; "" without one.

    With an allocation of resources it has a name of its own since ZenML 0.97.
    """
    doors = (f"{name}_with_allocation", name)
    return next((each for each in doors if overrides(operator_class, each)), "")


def needs_submit(operator_class: Any) -> None:
    """Skip what concerns those alone who submit."""
    if not door(operator_class, "submit"):
        pytest.skip("it does not submit")


def refuse_if_uncallable(method: Any, *given: object, **named: object) -> None:
    """Fail if a method of an object cannot be called like this."""
    signature = inspect.signature(method)
    try:
        signature.bind(None, *given, **named)
    except TypeError as error:
        refuse_if(True, f"{method.__name__}{signature}: {error}")
