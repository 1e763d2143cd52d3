"""What ZenML calls of a step operator, and how."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from .checks import (
    Subject,
    check,
    door,
    name_of,
    needs_submit,
    overrides,
    refuse_if,
    refuse_if_uncallable,
)
from .conftest import make_operator


@check(
    "SOP115",
    severity="fatal",
    demands="The operator can be made from what ZenML gives.",
    why="ZenML makes it with a dozen named arguments whenever its stack is active "
    "(ZenML 0.98, stack/stack_component.py, from_model), and a release may add more.",
    mend="Leave `__init__` alone, or pass `*args, **kwargs` on.",
)
def test_the_operator_is_made(subject: Subject, operator_class: Any, config: Any) -> None:
    make_operator(subject, operator_class, config)


@check(
    "SOP116",
    severity="fatal",
    demands="The operator runs steps: it has `submit`, or `launch`.",
    why="ZenML calls one of them, and ends the step with NotImplementedError if there "
    "is neither (ZenML 0.98, orchestrators/step_launcher.py).",
    mend="Write `submit`; ZenML before 0.94 knows `launch` only.",
)
def test_it_runs_steps(operator_class: Any) -> None:
    doors = door(operator_class, "submit") + door(operator_class, "launch")
    refuse_if(not doors, "it has neither")


@check(
    "SOP117",
    severity="serious",
    demands="The operator hands steps over without waiting: it has `submit`.",
    why="With `launch` alone it cannot be used in dynamic pipelines: ZenML refuses "
    "to run their steps on it (ZenML 0.94 and later; in 0.98, "
    "orchestrators/step_launcher.py).",
    mend="Move what starts the job into `submit`; write `get_status` and `cancel`.",
)
def test_it_submits(operator_class: Any) -> None:
    import zenml
    from zenml.step_operators import BaseStepOperator

    if not hasattr(BaseStepOperator, "submit"):
        pytest.skip(f"ZenML {zenml.__version__} knows `launch` only")
    if not door(operator_class, "submit"):
        refuse_if(door(operator_class, "launch"), "it has `launch` only")
        pytest.skip("it runs no steps: see SOP116")


@check(
    "SOP118",
    severity="serious",
    demands="Who submits steps can tell how they stand: it has `get_status`.",
    why="ZenML asks for it until a step ends; without it, it waits for ever for one "
    "that died unheard (ZenML 0.98, step_operators/base_step_operator.py, wait).",
    mend="Write `get_status`.",
)
def test_it_tells_the_status(operator_class: Any) -> None:
    needs_submit(operator_class)
    refuse_if(not overrides(operator_class, "get_status"), "it has none")


@check(
    "SOP119",
    severity="serious",
    demands="Who submits steps can cancel them: it has `cancel`.",
    why="Stopping a run leaves its jobs running and paid for otherwise (ZenML 0.98, "
    "execution/pipeline/dynamic/runner.py; zenml issues 4697 and 4915).",
    mend="Write `cancel`.",
)
def test_it_cancels(operator_class: Any) -> None:
    needs_submit(operator_class)
    refuse_if(not overrides(operator_class, "cancel"), "it has none")


@check(
    "SOP120",
    severity="fatal",
    demands="`submit` takes info, entrypoint_command and environment by these names.",
    why="ZenML names them when it calls it (ZenML 0.98, step_operators/"
    "base_step_operator.py, submit_with_allocation).",
    mend="Name the parameters as the base class does.",
)
def test_submit_is_called_by_name(operator_class: Any) -> None:
    needs_submit(operator_class)
    refuse_if_door_is_shut(operator_class, "submit")


@check(
    "SOP121",
    severity="fatal",
    demands="`launch` takes info, entrypoint_command and environment by these names.",
    why="ZenML names them when it calls it, `environment` since 0.37, whatever older pages show "
    "(ZenML 0.98, step_operators/base_step_operator.py, launch_with_allocation).",
    mend="Name the parameters as ZenML does.",
)
def test_launch_is_called_by_name(operator_class: Any) -> None:
    if not door(operator_class, "launch"):
        pytest.skip("it has no `launch`")
    refuse_if_door_is_shut(operator_class, "launch")


def refuse_if_door_is_shut(operator_class: Any, name: str) -> None:
    """Fail if ZenML cannot hand a step over by this method."""
    name = door(operator_class, name)
    given = dict.fromkeys(["info", "entrypoint_command", "environment"])
    if name.endswith("allocation"):
        given["allocated_resource_request"] = None
    refuse_if_uncallable(getattr(operator_class, name), **given)


@check(
    "SOP122",
    severity="fatal",
    demands="`wait` takes step_run by this name.",
    why="ZenML names it when it calls it (ZenML 0.98, orchestrators/step_launcher.py): "
    "every step fails once it has been submitted.",
    mend="Name the parameter step_run.",
)
def test_wait_is_called_by_name(operator_class: Any) -> None:
    needs_submit(operator_class)
    refuse_if_uncallable(operator_class.wait, step_run=None)


@check(
    "SOP123",
    severity="serious",
    demands="`get_status`, `cancel` and `cleanup_step_submission` take a step run.",
    why="ZenML calls them with it alone; where that fails, steps are neither watched "
    "nor ended (ZenML 0.98, execution/pipeline/dynamic/runner.py).",
    mend="Take one parameter, step_run, as the base class does.",
)
def test_the_others_take_a_step_run(operator_class: Any) -> None:
    needs_submit(operator_class)
    for name in ("get_status", "cancel", "cleanup_step_submission"):
        if method := getattr(operator_class, name, None):
            refuse_if_uncallable(method, None)


@check(
    "SOP124",
    severity="fatal",
    demands="No method that ZenML calls is a coroutine.",
    why="ZenML awaits none of them: the body never runs, and the step seems to "
    "(ZenML 0.98, orchestrators/step_launcher.py).",
    mend="Write plain functions; use `asyncio.run` inside if you must.",
)
def test_nothing_has_to_be_awaited(operator_class: Any) -> None:
    methods = ("submit", "launch", "get_status", "wait", "cancel")
    found = [
        name
        for name in (*methods, "cleanup_step_submission", "get_docker_builds")
        if inspect.iscoroutinefunction(getattr(operator_class, name, None))
    ]
    refuse_if(found, f"{', '.join(found)} would have to be awaited")


@check(
    "SOP125",
    severity="fatal",
    demands="`get_docker_builds` takes the compiled pipeline by ZenML's name for it.",
    why="It is called for every pipeline of the stack, with `snapshot=`, before ZenML "
    "0.90 with `deployment=`: each of them fails otherwise (ZenML 0.98, "
    "pipelines/build_utils.py).",
    mend="Name the parameter so; with both names, each None by default, it runs on all releases.",
)
def test_builds_are_asked_for_by_name(operator_class: Any) -> None:
    from zenml.stack import StackComponent

    parameters = inspect.signature(StackComponent.get_docker_builds).parameters
    given = list(parameters)[1:]
    refuse_if_uncallable(operator_class.get_docker_builds, **dict.fromkeys(given))


@check(
    "SOP126",
    severity="fatal",
    demands="The entrypoint's configuration derives from that of step operators.",
    why="ZenML makes the step's command from it, with a step run's id (ZenML 0.98, "
    "orchestrators/step_launcher.py).",
    mend="Derive it from StepOperatorEntrypointConfiguration.",
)
def test_its_entrypoint_is_one(operator: Any) -> None:
    from zenml.step_operators.step_operator_entrypoint_configuration import (
        StepOperatorEntrypointConfiguration,
    )

    found = getattr(operator, "entrypoint_config_class", StepOperatorEntrypointConfiguration)
    refuse_if(
        not inspect.isclass(found) or not issubclass(found, StepOperatorEntrypointConfiguration),
        f"entrypoint_config_class is {name_of(found)}",
    )


@check(
    "SOP127",
    severity="fatal",
    demands="The class of a step's settings is one of ZenML's settings.",
    why="ZenML converts what a step sets to it when it compiles a pipeline (ZenML "
    "0.98, config/settings_resolver.py).",
    mend="Return a class that derives from BaseSettings, or None.",
)
def test_its_settings_class_is_one(operator: Any) -> None:
    from zenml.config.base_settings import BaseSettings

    found = operator.settings_class
    refuse_if(
        found is not None and not (inspect.isclass(found) and issubclass(found, BaseSettings)),
        f"settings_class is {name_of(found)}",
    )


@check(
    "SOP128",
    severity="fatal",
    demands="What it requires of a stack is told by a StackValidator.",
    why="ZenML calls it before each run (ZenML 0.98, stack/stack.py, validate).",
    mend="Return a StackValidator or None.",
)
def test_its_validator_is_one(operator: Any) -> None:
    from zenml.stack import StackValidator

    found = operator.validator
    refuse_if(
        found is not None and not isinstance(found, StackValidator),
        f"validator is {found!r}",
    )


@check(
    "SOP129",
    severity="serious",
    demands="The requirements are a set of texts.",
    why="ZenML unites those of all components of a stack when it builds an image "
    "(ZenML 0.98, stack/stack.py, requirements).",
    mend="Return a set of requirements, as pip takes them.",
)
def test_its_requirements_are_a_set(operator: Any) -> None:
    found = operator.requirements
    refuse_if(
        not isinstance(found, (set, frozenset)) or not all(isinstance(each, str) for each in found),
        f"requirements is {found!r}",
    )
