"""What is configured for a component, and how it is typed and kept."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import pytest

from .checks import check, refuse_if
from .options import in_a_line, types_in, variant, variants

SECRET = re.compile(
    r"(^|_)(password|passphrase|token|api_key|secret_key|secret_access_key|private_key|"
    r"(api|app|client|token)_secret)$"
)
TAKEN = {"flavor", "label", "connector", "resource_id", "secret", "env", "help"}


@check(
    "SOP201",
    severity="fatal",
    demands="The options have a JSON schema.",
    why="It is stored when the flavor is registered, which fails otherwise, and it is "
    "what the dashboard makes its form of (ZenML 0.98, stack/flavor.py, to_model).",
    mend="Use types that pydantic can describe.",
)
def test_the_options_have_a_schema(flavor: Any, config_class: Any) -> None:
    json.dumps(flavor.config_schema)


@check(
    "SOP202",
    severity="serious",
    demands="A configuration survives being stored as JSON.",
    why="That is how components are kept: what changes on the way changes for all who "
    "use them (ZenML 0.98, zen_stores/schemas/component_schemas.py).",
    mend="Let serializers and validators be each other's reverse.",
)
def test_a_configuration_survives_json(config_class: Any, configuration: dict[str, Any]) -> None:
    for name in config_class.model_fields:
        if value := variant(config_class, name, configuration):
            given = config_class(**(configuration | {name: value}))
            stored = json.loads(given.model_dump_json())[name]
            found = getattr(config_class(**(configuration | {name: stored})), name)
            refuse_if(found != value, f"{name}={value!r} comes back as {found!r}")


@check(
    "SOP203",
    severity="serious",
    demands="The default of an option is a value that the option takes.",
    why="pydantic does not look at defaults, nor does ZenML when a component is "
    "registered: a wrong one fails in the middle of a run, or as soon as "
    "somebody stores it (ZenML 0.98, stack/utils.py).",
    mend="Correct the default, or the type.",
)
def test_defaults_are_valid(config_class: Any) -> None:
    from pydantic import create_model

    for name, field in config_class.model_fields.items():
        if field.is_required():
            continue
        value = field.get_default(call_default_factory=True)
        # Without the class's validators, which may tell a default from a given value.
        declared: dict[str, Any] = {name: (field.annotation, field)}
        alone = create_model("Option", **declared)
        try:
            alone.model_validate({field.alias or name: value})
        except ValueError as error:
            refuse_if(True, f"{name} is {value!r} by default: {in_a_line(error)}")


@check(
    "SOP204",
    severity="serious",
    demands="A configuration with an option that is gone still loads.",
    why="Components outlive releases of a flavor: once an option is dropped, no stack "
    "with such a component can be used (ZenML 0.98, stack/stack_component.py).",
    mend="Leave `extra` alone: ZenML refuses unknown options where users type them.",
)
def test_options_that_are_gone_do_no_harm(config_class: Any, configuration: dict[str, Any]) -> None:
    config_class(**configuration, option_of_another_release=1)


@check(
    "SOP205",
    severity="minor",
    demands="A configuration cannot be changed once it is made.",
    why="All steps of a run share it: what one of them changes, the next ones get "
    "(ZenML 0.98, stack/stack_component.py).",
    mend="Leave `frozen` alone; use `model_copy(update=...)`.",
)
def test_a_configuration_is_frozen(config: Any) -> None:
    for name in type(config).model_fields:
        value = getattr(config, name)
        try:
            setattr(config, name, value)
        except ValueError:
            continue
        refuse_if(True, f"{name} can be set")


@check(
    "SOP206",
    severity="serious",
    demands="Numbers and truth values can be given as text.",
    why="The command line has nothing else: `--timeout=60` is the text 60 (ZenML 0.98, "
    "cli/utils.py, parse_name_and_extra_arguments).",
    mend="Do without pydantic's strict types.",
)
def test_values_can_be_given_as_text(config_class: Any, configuration: dict[str, Any]) -> None:
    for name in config_class.model_fields:
        for value in variants(config_class, name, configuration):
            if not isinstance(value, (bool, int, float)):
                continue
            try:
                config_class(**(configuration | {name: str(value)}))
            except ValueError as error:
                refuse_if(True, f"--{name}={value} is refused: {in_a_line(error)}")
            break


@check(
    "SOP207",
    severity="minor",
    demands="Lists and mappings can be given as JSON.",
    why="It is how they are typed on the command line; ZenML reads it for lists and "
    "dicts, and for no other type (ZenML 0.98, stack/stack_component.py, "
    "_convert_json_strings).",
    mend="Annotate the option as list or dict.",
)
def test_collections_can_be_given_as_json(config_class: Any, configuration: dict[str, Any]) -> None:
    for name, field in config_class.model_fields.items():
        kinds = types_in(field.annotation)
        if not kinds & {list, dict, tuple, set, frozenset} or str in kinds:
            continue
        default = field.get_default(call_default_factory=True)
        text = json.dumps(default or ({} if dict in kinds else []))
        try:
            config_class(**(configuration | {name: text}))
        except ValueError as error:
            refuse_if(True, f"--{name}='{text}' is refused: {in_a_line(error)}")


@check(
    "SOP208",
    severity="serious",
    demands="Options that hold secrets are declared to.",
    why="ZenML shows all others in the clear, in the dashboard and on terminals, and "
    "does not advise a secret's reference instead (ZenML 0.98, utils/secret_utils.py).",
    mend="Declare them by zenml.utils.secret_utils.SecretField.",
)
def test_secrets_are_declared(config_class: Any) -> None:
    from zenml.utils.secret_utils import is_secret_field

    found = [
        name
        for name, field in config_class.model_fields.items()
        if SECRET.search(name) and str in types_in(field.annotation) and not is_secret_field(field)
    ]
    refuse_if(found, f"plain text: {', '.join(found)}")


@check(
    "SOP209",
    severity="serious",
    demands="Options that hold secrets take a reference to one.",
    why="ZenML refuses references to fields which a validator looks at, so that the "
    "secret has to be stored in the clear (ZenML 0.98, stack/stack_component.py).",
    mend="Take the validator away from the field; check the value where it is used.",
)
def test_secrets_can_be_referred_to(
    config_class: Any, configuration: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    from zenml.utils.secret_utils import is_secret_field

    fields = config_class.model_fields.items()
    secrets = [name for name, field in fields if is_secret_field(field)]
    if not secrets:
        pytest.skip("it has no secrets")
    # Only now: making it takes seconds.
    store: Any = request.getfixturevalue("store")
    secret = store.create_secret(f"contract-{uuid4()}", {"key": "contract"})
    reference = "{" + "{" + f"{secret.name}.key" + "}" + "}"
    try:
        for name in secrets:
            try:
                config_class(**(configuration | {name: "contract"}))
            except ValueError:
                # It is of no use without another option.
                continue
            try:
                config_class(**(configuration | {name: reference}))
            except Exception as error:
                refuse_if(True, f"--{name}={reference}: {in_a_line(error)}")
    finally:
        store.delete_secret(secret.name)


@check(
    "SOP210",
    severity="serious",
    demands="Whether it is remote, local and valid is told by truth values.",
    why="ZenML tests them for truth, and any text is true: a stack may be refused for "
    "its local store (ZenML 0.98, stack/stack.py, validate).",
    mend="Return True or False, without asking the engine.",
)
def test_where_it_runs_is_a_truth_value(config: Any) -> None:
    for name in ("is_remote", "is_local", "is_valid"):
        value = getattr(config, name)
        refuse_if(not isinstance(value, bool), f"{name} is {value!r}")


@check(
    "SOP211",
    severity="minor",
    demands="No option bears the name of an option of ZenML's own command.",
    why="`zenml step-operator register` takes it for its own, so that it can be set "
    "nowhere but in Python (ZenML 0.98, cli/stack_components.py).",
    mend="Name it otherwise.",
)
def test_options_can_be_typed(config_class: Any) -> None:
    found = TAKEN & set(config_class.model_fields)
    refuse_if(found, f"{', '.join(sorted(found))}")


@check(
    "SOP212",
    severity="minor",
    demands="Options are set by the names that they are read by.",
    why="ZenML checks what a user types against the names of fields and passes it on: "
    "a field with an alias ignores it, in silence (ZenML 0.98, stack/utils.py).",
    mend="Drop the alias, or allow `populate_by_name`.",
)
def test_options_have_one_name(config_class: Any, configuration: dict[str, Any]) -> None:
    for name, field in config_class.model_fields.items():
        if field.validation_alias is None and field.alias is None:
            continue
        alias = field.alias or str(field.validation_alias)
        by_name = config_class.model_config.get("populate_by_name")
        refuse_if(not by_name, f"{name} is set by {alias} alone")


@check(
    "SOP213",
    severity="fatal",
    demands="ZenML takes the configuration for a valid one.",
    why="A component cannot be registered otherwise (ZenML 0.98, stack/utils.py, "
    "validate_stack_component_config).",
    mend="Let `is_valid` tell the truth, and say by a validator what is wrong.",
)
def test_a_configuration_is_valid(config: Any) -> None:
    refuse_if(not config.is_valid, "is_valid is False")
