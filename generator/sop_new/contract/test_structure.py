"""The three classes: what they are, where they stand, what is imported when."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from .checks import INSTALL_IT, Subject, check, lacking, name_of, refuse_if


@check(
    "SOP101",
    severity="fatal",
    demands="The flavor can be made without arguments.",
    why="ZenML makes one whenever it reads a flavor, and gives nothing; registering "
    "fails otherwise (ZenML 0.98, stack/flavor.py, validate_flavor_source).",
    mend="Give every argument of its `__init__` a default, or have none.",
)
def test_it_is_made_without_arguments(subject: Subject) -> None:
    subject.flavor_class()


@check(
    "SOP102",
    severity="serious",
    demands="The flavor's name is one word, without blanks and colons.",
    why="Users type it on a command line and in settings, as in `step_operator.NAME`; "
    "what follows a colon is taken for a component's name (ZenML 0.98, "
    "utils/settings_utils.py).",
    mend="Use letters, digits, `-` and `_`.",
)
def test_its_name_is_a_word(flavor: Any) -> None:
    name = flavor.name
    refuse_if(
        not isinstance(name, str) or not re.fullmatch(r"[^\s:]+", name),
        f"the name is {name!r}",
    )


@check(
    "SOP103",
    severity="fatal",
    demands="The flavor's name is not that of a step operator which ZenML ships.",
    why="Components are registered by the name of a flavor: one of the two cannot be "
    "had (ZenML 0.98, zen_stores/sql_zen_store.py, create_flavor).",
    mend="Take another name, such as one that begins with your company's.",
)
def test_its_name_is_not_taken(subject: Subject, flavor: Any) -> None:
    from zenml.stack.flavor_registry import FlavorRegistry

    if subject.is_zenmls_own:
        pytest.skip("ZenML ships it")
    registry = FlavorRegistry()
    shipped = (*registry.builtin_flavors, *registry.integration_flavors)
    # A name may be that of an orchestrator or the like: flavors have name and type.
    taken = [(known().name, known().type) for known in shipped]
    refuse_if(
        (flavor.name, "step_operator") in taken,
        f"ZenML ships a step operator of flavor {flavor.name!r} already",
    )


@check(
    "SOP104",
    severity="fatal",
    demands="The flavor's type is that of step operators.",
    why="`zenml step-operator flavor register` refuses any other (ZenML 0.98, "
    "stack/flavor.py, validate_flavor_source).",
    mend="Derive the flavor from BaseStepOperatorFlavor and leave `type` alone.",
)
def test_its_type_is_right(flavor: Any) -> None:
    refuse_if(flavor.type != "step_operator", f"its type is {flavor.type!r}")


@check(
    "SOP105",
    severity="fatal",
    demands="The config class derives from BaseStepOperatorConfig.",
    why="Registering refuses anything else (ZenML 0.98, stack/flavor.py, "
    "validate_flavor_source), and secret references would not be resolved.",
    mend="Derive it from zenml.step_operators.BaseStepOperatorConfig.",
)
def test_its_config_class_is_one(subject: Subject, flavor: Any) -> None:
    from zenml.step_operators import BaseStepOperatorConfig

    try:
        found = subject.config_class
    except ImportError as error:
        lacking(f"its configuration needs what is not installed: {error}", INSTALL_IT)
    refuse_if(
        not inspect.isclass(found) or not issubclass(found, BaseStepOperatorConfig),
        f"its config class is {name_of(found)}",
    )


@check(
    "SOP106",
    severity="fatal",
    demands="The implementation class derives from BaseStepOperator.",
    why="ZenML calls its methods whether or not they are overridden (ZenML 0.98, "
    "orchestrators/step_launcher.py): runs end with an AttributeError otherwise.",
    mend="Derive it from zenml.step_operators.BaseStepOperator.",
)
def test_its_operator_class_is_one(subject: Subject, flavor: Any) -> None:
    from zenml.step_operators import BaseStepOperator

    try:
        found = subject.operator_class
    except ImportError as error:
        lacking(f"its step operator needs what is not installed: {error}", INSTALL_IT)
    refuse_if(
        not inspect.isclass(found) or not issubclass(found, BaseStepOperator),
        f"its implementation class is {name_of(found)}",
    )


@check(
    "SOP107",
    severity="serious",
    demands="Importing the flavor's module does not import the operator's.",
    why="ZenML imports flavors to list and to register them, also where no step ever "
    "runs: an operator that does not import there takes the flavor with it "
    "(ZenML 0.98, stack/flavor.py).",
    mend="Put the operator into a module of its own, and import it inside the property "
    "`implementation_class`.",
)
def test_the_flavor_stands_alone(subject: Subject, in_subprocess: Any) -> None:
    if "operator" not in in_subprocess:
        lacking(f"its step operator does not import: {in_subprocess['missing']}", INSTALL_IT)
    operator = in_subprocess["operator"]
    refuse_if(
        operator == subject.flavor_class.__module__,
        f"both stand in {operator}: whoever lists flavors imports all that the operator does",
        severity="minor",
    )
    refuse_if(operator in in_subprocess["modules"]["flavor"], f"it imports {operator}")


@check(
    "SOP108",
    severity="serious",
    demands="Importing the config's module does not import the operator's.",
    why="ZenML imports configs to register and to update components, which needs no "
    "operator (ZenML 0.98, stack/utils.py, validate_stack_component_config).",
    mend="Put the operator into a module of its own, and let it import the config.",
)
def test_the_config_stands_alone(in_subprocess: Any) -> None:
    if "operator" not in in_subprocess:
        lacking(f"its step operator does not import: {in_subprocess['missing']}", INSTALL_IT)
    if in_subprocess["operator"] in in_subprocess["modules"]["flavor"]:
        pytest.skip("the flavor imports it already: see SOP107")
    if "missing config" in in_subprocess:
        pytest.skip("its configuration does not import: see SOP109")
    refuse_if(
        in_subprocess["operator"] in in_subprocess["modules"]["config"],
        f"{in_subprocess['config']} imports {in_subprocess['operator']}",
    )


@check(
    "SOP109",
    severity="serious",
    demands="Flavor and config import no SDK of an engine.",
    why="Whoever registers or updates a component would have to install it, since "
    "ZenML makes its configuration then (ZenML 0.98, stack/utils.py; zenml issue "
    "1615).",
    mend="Import the SDK inside the functions that use it.",
)
def test_registering_needs_no_sdk(in_subprocess: Any) -> None:
    lost = in_subprocess.get("missing config")
    refuse_if(lost, f"the configuration's class does not import here: {lost}")
    found = in_subprocess["foreign"]
    refuse_if(
        found,
        f"they import {', '.join(found)}, which neither ZenML brings nor its package requires",
    )


@check(
    "SOP110",
    severity="serious",
    demands="The operator's module imports no SDK of an engine.",
    why="Registering imports it, and so does every step: where the SDK is missing, "
    "both end with `Integration custom does not exist` (ZenML 0.98, stack/flavor.py).",
    mend="Import the SDK inside the functions that use it, or declare it as a dependency of the "
    "package.",
)
def test_the_operator_imports_no_sdk(subject: Subject, in_subprocess: Any) -> None:
    if subject.is_zenmls_own:
        pytest.skip("ZenML knows what its own integrations require")
    if "missing config" in in_subprocess:
        pytest.skip("its configuration does not import: see SOP109")
    if missing := in_subprocess.get("missing"):
        seen = f"it does not import here: {missing}"
        if absent := in_subprocess["absent"]:
            lacking(f"{seen}; its package requires {', '.join(absent)}", INSTALL_IT)
        refuse_if(True, seen)
    found = [
        name
        for name in in_subprocess["foreign to the operator"]
        if name not in in_subprocess["foreign"]
    ]
    refuse_if(
        found, f"it imports {', '.join(found)}, which neither ZenML brings nor its package requires"
    )


@check(
    "SOP111",
    severity="fatal",
    demands="The source that ZenML stores of the flavor leads back to it.",
    why="It is how every other process finds the flavor: one that holds for one folder "
    "only breaks runs, steps and colleagues (ZenML 0.98, utils/source_utils.py).",
    mend="Install the package, and let `to_model` of the flavor name the path that it is imported "
    "by, or keep it out of what lies below a `.zen`; let the class stand at its module's top.",
)
def test_its_stored_source_leads_back(in_subprocess: Any) -> None:
    if "unstored" in in_subprocess:
        pytest.skip(f"it cannot be registered: {in_subprocess['unstored']}")
    refuse_if(
        "lost" in in_subprocess, f"{in_subprocess['stored']} is stored: {in_subprocess.get('lost')}"
    )


@check(
    "SOP112",
    severity="fatal",
    demands="What the flavor tells the dashboard is text, or None.",
    why="It cannot be registered otherwise (ZenML 0.98, models/v2/core/flavor.py).",
    mend="Return a text or None from display_name, docs_url, sdk_docs_url, logo_url.",
)
def test_its_texts_are_texts(flavor: Any) -> None:
    for name in ("display_name", "docs_url", "sdk_docs_url", "logo_url"):
        value = getattr(flavor, name, None)
        refuse_if(value is not None and not isinstance(value, str), f"{name} is {value!r}")


@check(
    "SOP113",
    severity="minor",
    demands="Its documentation is not looked for among ZenML's own.",
    why="`generate_default_docs_url()` makes an address of docs.zenml.io, which has "
    "nothing about custom flavors: the dashboard's link leads nowhere (ZenML "
    "0.98, stack/flavor.py).",
    mend="Return the address of your own documentation, or None.",
)
def test_its_documentation_is_its_own(subject: Subject, flavor: Any) -> None:
    if subject.is_zenmls_own:
        pytest.skip("ZenML documents it")
    for name in ("docs_url", "sdk_docs_url"):
        value = str(getattr(flavor, name, None))
        refuse_if("docs.zenml.io" in value, f"{name} is {value}")


@check(
    "SOP114",
    severity="fatal",
    demands="What it requires of a service connector is told in ZenML's own words.",
    why="Registering reads it, and fails otherwise (ZenML 0.98, stack/flavor.py, to_model).",
    mend="Return a ServiceConnectorRequirements or None.",
)
def test_its_connector_is_described(flavor: Any) -> None:
    from zenml.models import ServiceConnectorRequirements

    found = flavor.service_connector_requirements
    refuse_if(
        found is not None and not isinstance(found, ServiceConnectorRequirements),
        f"service_connector_requirements is {found!r}",
    )
