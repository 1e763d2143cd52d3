"""The images that an operator asks for: what for, and what is in them."""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from typing import Any

import pytest

from .builds import builds, builds_for_a_step, compiled
from .checks import Subject, check, refuse_if
from .in_subprocess import normal, required

ARGUMENTS = re.compile(r"\$[@*]|\$\{[@*]\}")
"""What a shell's script has of the command that it is started with."""

VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)\}")


@check(
    "SOP130",
    severity="serious",
    demands="For a pipeline without its steps `get_docker_builds` asks for nothing and does not "
    "fail.",
    why="ZenML asks it for every pipeline of the stack, static and dynamic: what it raises ends "
    "pipelines that it has nothing to do with, and an image that nobody needs takes minutes "
    "(ZenML 0.98, stack/stack.py, get_docker_builds).",
    mend="Look at each step's `config.uses_step_operator(self.name)`, and check what a step "
    "needs only where there is one.",
)
def test_other_pipelines_are_left_alone(operator: Any) -> None:
    for kind in ("static", "dynamic"):
        for steps in ((), (None,), ("another",)):
            pipeline = compiled(*steps, dynamic=kind == "dynamic")
            what = f"a {kind} pipeline " + ("without its steps" if steps else "without steps")
            try:
                found = builds(operator, pipeline)
            except Exception as error:
                refuse_if(True, f"for {what} it raises {type(error).__name__}: {error}")
            refuse_if(found, f"for {what} it asks for {len(found)} image(s)")


@check(
    "SOP131",
    severity="serious",
    demands="Who runs steps in images sees to it that its own package is in them.",
    why="A step loads the step operators of its stack before its own code. ZenML installs what it "
    "ships itself, and of a custom component what its `requirements` name: nothing, by "
    "default (ZenML 0.98, stack/stack_component.py, requirements).",
    mend="Return your distribution in `requirements`, as `{'zenml-acme==1.2.0'}`; or put its "
    "files into the build's `extra_files`.",
)
def test_its_images_hold_its_package(subject: Subject, operator: Any) -> None:
    if subject.is_zenmls_own:
        pytest.skip("ZenML ships it")
    found = builds_for_a_step(operator)
    if not found:
        pytest.skip("it asks for no images")
    names = _distributions(subject.package)
    if not names:
        pytest.skip("it is not installed: it comes with the code of the source root")
    named = [str(line) for line in operator.requirements]
    for build in found:
        settings = build.settings
        listed = settings.requirements or []
        texts = [*named, *(listed if isinstance(listed, list) else [listed])]
        has = any(_brings(text, names) for text in texts)
        has |= any(path.startswith(f"{subject.package}/") for path in build.extra_files)
        # Whoever chooses these knows what is in them.
        has |= bool(settings.dockerfile or settings.parent_image)
        has |= bool(getattr(settings, "local_project_install_command", None))
        wanted = ", ".join(sorted(names))
        refuse_if(not has, f"neither {wanted} nor its files; `requirements`: {named}")


def _distributions(package: str) -> set[str]:
    """Name the distributions that a package is installed by."""
    found = {normal(name) for name in packages_distributions().get(package, [])}
    # One that is installed as editable does not list its modules.
    with suppress(PackageNotFoundError):
        found.add(normal(distribution(package).name))
    return found


def _brings(requirement: str, names: set[str]) -> bool:
    """Tell whether one of these distributions comes along with a requirement."""
    if any(name in normal(requirement) for name in names):
        return True
    first = re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0]
    return bool(required(first, set()) & names)


@check(
    "SOP132",
    severity="serious",
    demands="The entrypoint of an image does not swallow the step's command.",
    why="ZenML writes it into the Dockerfile as it is, and a text is run by a shell, which drops "
    "what a container is started with: the step never begins, and its container ends with "
    "0 (ZenML 0.98, utils/pipeline_docker_image_builder.py).",
    mend="Ask for no `entrypoint`, and start the container with the command; or write it as a "
    'JSON list, or as a script that ends with `exec "$0" "$@"`.',
)
def test_no_entrypoint_swallows_the_command(operator: Any) -> None:
    entrypoints = {build.entrypoint for build in builds_for_a_step(operator)} - {None, ""}
    if not entrypoints:
        pytest.skip("it asks for no entrypoint")
    for entrypoint in sorted(entrypoints):
        if _is_a_list(entrypoint) or ARGUMENTS.search(entrypoint):
            continue
        # As ZenML's for SageMaker did before 0.96, whose containers take no command.
        variables = {first or second for first, second in VARIABLE.findall(entrypoint)}
        if variables & _texts(operator):
            continue
        refuse_if(True, f"ENTRYPOINT {entrypoint}")


def _is_a_list(entrypoint: str) -> bool:
    try:
        return isinstance(json.loads(entrypoint), list)
    except ValueError:
        return False


def _texts(operator: Any) -> set[str]:
    """Name the texts in the operator's module, such as names of variables that it sets."""
    module = sys.modules[type(operator).__module__]
    nodes = ast.walk(ast.parse(inspect.getsource(module)))
    return {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
