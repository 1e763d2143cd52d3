"""What a project's modules bring, and what they declare: each project is asked once."""

import json
from dataclasses import dataclass
from functools import cache

from tests.template.projects import PACKAGE, Project

LOOK = f"""
import importlib, json, sys
before = set(sys.modules)

def imported(module):
    importlib.import_module(module)
    return sorted(set(sys.modules) - before)

config = imported("{PACKAGE}.config")
from {PACKAGE}.config import AcmeStepOperatorConfig as Config, AcmeStepOperatorSettings as Settings
options = {{
    name: ["step" if name in Settings.model_fields else "component", field.default]
    for name, field in Config.model_fields.items()
    if field.description
}}
print("SEEN", json.dumps([config, imported("{PACKAGE}.operator"), options]))
"""


@dataclass(frozen=True)
class Seen:
    """A project, as an interpreter sees it.

    Attributes:
        config: the modules that are there once its configuration was imported.
        operator: the same of its operator.
        options: for each option, whether it is a step's or the component's, and its default.
    """

    config: frozenset[str]
    operator: frozenset[str]
    options: dict[str, tuple[str, object]]


@cache
def seen(project: Project) -> Seen:
    config, operator, options = json.loads(project.run("-c", LOOK).partition("SEEN ")[2])
    return Seen(frozenset(config), frozenset(operator), options)
