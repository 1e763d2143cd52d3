"""What a step can set, and what becomes of a component's values then."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from .checks import check, refuse_if
from .options import guessed, variant


@pytest.fixture
def settings_class(operator: Any) -> Any:
    """Class of what a step can set."""
    from zenml.config.base_settings import BaseSettings

    found = operator.settings_class
    if found is None:
        pytest.skip("a step can set nothing")
    if not isinstance(found, type) or not issubclass(found, BaseSettings):
        pytest.skip("its settings class is none: see SOP127")
    return found


@pytest.fixture
def settings(operator: Any, settings_class: Any, config_class: Any, configuration: Any) -> Any:
    """Settings that a component has as well, each with a value that is no default."""
    shared = set(settings_class.model_fields) & set(config_class.model_fields)
    # What each step has to set does not come from the component.
    shared -= not_from_the_component(operator).keys()
    found = {name: variant(config_class, name, configuration) for name in shared}
    found = {name: value for name, value in found.items() if value is not None}
    if not found:
        pytest.skip("a component has none of a step's settings")
    return found


def not_from_the_component(operator: Any) -> dict[str, Any]:
    """Return what each step has to set, since the component need not be configured with it."""
    configured = guessed(type(operator.config))
    required = guessed(operator.settings_class)
    return {name: value for name, value in required.items() if name not in configured}


def settings_of(operator: Any, **of_the_step: Any) -> Any:
    """Return a step's settings, as the operator sees them."""
    from zenml.config.base_settings import BaseSettings

    given = BaseSettings(**(not_from_the_component(operator) | of_the_step))
    # By the operator's name, and before ZenML 0.95 by its flavor.
    keys = (f"{operator.type}:{operator.name}", f"{operator.type}.{operator.flavor}")
    pipeline = SimpleNamespace(settings=dict.fromkeys(keys, given))
    snapshot = SimpleNamespace(pipeline_configuration=pipeline)
    return operator.get_settings(snapshot)


@check(
    "SOP214",
    severity="serious",
    demands="A step need set nothing that the component does not have to have.",
    why="Settings are made for every step, also for one that says nothing, from what the component "
    "is configured with: where a required one is in neither, the step fails when it is submitted "
    "(ZenML 0.98, stack/stack_component.py, get_settings).",
    mend="Give the setting a default, or let the configuration require it as well.",
)
def test_settings_are_optional(operator: Any, settings_class: Any) -> None:
    found = ", ".join(not_from_the_component(operator))
    refuse_if(found, f"{found}: required of a step, and not of the component")


@check(
    "SOP215",
    severity="serious",
    demands="What is set for a component holds for steps that set nothing.",
    why="It is what a user registers it for: `get_settings` lays a step's settings "
    "over the component's configuration (ZenML 0.98, stack/stack_component.py).",
    mend="Leave `get_settings` alone, and let no validator fill in defaults.",
)
def test_the_components_values_hold(
    operator: Any, settings: Any, configuration: dict[str, Any]
) -> None:
    operator._config = type(operator.config)(**(configuration | settings))
    _compare(settings_of(operator), settings)


@check(
    "SOP216",
    severity="serious",
    demands="What a step sets wins over what is set for the component.",
    why="A user who sets it for a step means that step, and so does ZenML's own "
    "`get_settings` (ZenML 0.98, stack/stack_component.py).",
    mend="Leave `get_settings` alone, and let no validator put back defaults.",
)
def test_a_steps_values_win(operator: Any, settings: Any) -> None:
    _compare(settings_of(operator, **settings), settings)


@check(
    "SOP217",
    severity="serious",
    demands="A step's settings and any configuration get along.",
    why="`get_settings` mixes all that is configured in: where settings refuse what "
    "they do not know, each step fails once somebody sets an option (ZenML 0.98, "
    "stack/stack_component.py).",
    mend="Do not forbid `extra` in the settings; refuse what the config does not know.",
)
def test_options_may_be_mixed_in(
    operator: Any,
    settings_class: Any,
    config_class: Any,
    configuration: dict[str, Any],
) -> None:
    own = set(config_class.model_fields) - set(settings_class.model_fields)
    for name in own:
        value = variant(config_class, name, configuration)
        if value is not None:
            operator._config = config_class(**(configuration | {name: value}))
            settings_of(operator)


@check(
    "SOP218",
    severity="serious",
    demands="A step's settings survive being stored as JSON.",
    why="They reach the step operator by way of ZenML's store, with the compiled "
    "pipeline (ZenML 0.98, config/compiler.py).",
    mend="Let serializers and validators be each other's reverse.",
)
def test_settings_survive_json(settings_class: Any, settings: Any) -> None:
    given = settings_class(**guessed(settings_class) | settings)
    stored = given.model_dump_json()
    found = settings_class(**json.loads(stored))
    refuse_if(found != given, f"{stored} comes back as {found.model_dump_json()}")


@check(
    "SOP219",
    severity="minor",
    demands="A setting that does not exist is not taken in silence.",
    why="BaseSettings takes any: a mistyped name changes nothing, and the step runs "
    "without what its author asked for. ZenML's own operators take them too (ZenML 0.98, "
    "config/base_settings.py).",
    mend="Name the setting that was meant, in a validator of the settings class; an "
    "exception that is no ValueError keeps its message.",
)
def test_a_mistyped_setting_is_told(settings_class: Any, caplog: Any) -> None:
    try:
        settings_class(**guessed(settings_class), no_such_setting=1)
    except Exception:
        return
    refuse_if("no_such_setting" not in caplog.text, "it is taken without a word")


def _compare(settings: Any, expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        found = getattr(settings, name)
        refuse_if(found != value, f"{name} is {found!r}, not {value!r}")
