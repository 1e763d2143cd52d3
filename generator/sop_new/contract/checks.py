"""The words of the contract: a check, what is checked, and how a finding is told."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

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


def refuse_if(wrong: object, seen: str, severity: Severity | None = None) -> None:
    """Fail a check with what was seen, and with another severity than usual if one is given."""
    if wrong:
        error: Any = pytest.fail.Exception(seen, pytrace=False)
        error.severity = severity
        raise error


def lacking(why: str, remedy: str) -> NoReturn:
    """Skip a check that could be made if something were there: it counts as not looked at.

    What does not concern an operator is skipped by pytest.skip.
    """
    error: Any = pytest.skip.Exception(why)
    error.remedy = remedy
    raise error


INSTALL_IT = "install it beside the flavor, or name an environment that has it with --python"
"""The remedy where something is not installed."""


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


OTHER_RELEASES = {
    "launch": {"before 0.37": ["info", "entrypoint_command"]},
    "get_docker_builds": {"before 0.90": ["deployment"], "from 0.90 on": ["snapshot"]},
}
"""What ZenML names when it calls a method, in releases that differ in it."""


def refuse_if_uncallable(method: Any, *given: object, **named: object) -> None:
    """Fail if a method of an object cannot be called like this."""
    signature = inspect.signature(method)
    try:
        signature.bind(None, *given, **named)
    except TypeError as error:
        releases = OTHER_RELEASES.get(method.__name__, {})
        whose = [each for each in releases if _binds(signature, releases[each])]
        known = f"; this is how ZenML {whose[0]} calls it" if whose else ""
        refuse_if(True, f"{method.__name__}{signature}: {error}{known}")


def _binds(signature: inspect.Signature, names: list[str]) -> bool:
    try:
        signature.bind(None, **dict.fromkeys(names))
    except TypeError:
        return False
    return True
