"""What a registered component of a project holds."""

import json

from tests.template.projects import PACKAGE, SOURCE, Project

CANARY = "canary-of-the-engine"

SETUP = f"""
import json, sys
from zenml.client import Client
from zenml.enums import StackComponentType
from zenml.stack import StackComponent

client, operator = Client(), StackComponentType.STEP_OPERATOR

def register(name, **options):
    if not client.list_flavors(name="acme", type=operator).total:
        client.create_flavor(source={SOURCE!r}, component_type=operator)
    client.create_stack_component(
        name=name, flavor="acme", component_type=operator, configuration=options
    )

def component(name):
    return StackComponent.from_model(client.get_stack_component(operator, name))
"""

SECRETS = """
client.create_secret("engine", {"token": sys.argv[1]})
register("literal", token=sys.argv[1])
register("reference", token="{{engine.token}}")
print(json.dumps([
    [found.config.token, repr(found), found._mask(f"refused: {sys.argv[1]}")]
    for found in (component("literal"), component("reference"))
]))
"""


def last_line(project: Project, code: str, *arguments: str) -> str:
    script = project.folder / "script.py"
    script.write_text(SETUP + code, encoding="utf-8")
    printed = project.run(str(script), *arguments)
    return printed.splitlines()[-1]


def test_a_secret_is_a_literal_or_a_reference_and_is_never_shown(blank_project: Project) -> None:
    found = json.loads(last_line(blank_project, SECRETS, CANARY))

    assert [token for token, _, _ in found] == [CANARY, CANARY]
    for _, shown, masked in found:
        assert CANARY not in shown
        assert masked == "refused: ***"


def test_a_component_survives_an_upgrade_that_adds_options(blank_project: Project) -> None:
    last_line(blank_project, 'register("before", queue="fast")\nprint()')

    options = blank_project.folder / PACKAGE / "engine" / "options.py"
    text = options.read_text(encoding="utf-8")
    for start in ("    queue: str | None = Field(", "    endpoint: str | None = Field("):
        assert start in text
        added = f"    added_{start.split(':')[0].strip()}: int = 7\n"
        text = text.replace(start, added + start)
    options.write_text(text, encoding="utf-8")

    show = """
config = component("before").config
print(config.queue, config.added_queue, config.added_endpoint)
"""
    assert last_line(blank_project, show) == "fast 7 7"
