"""Looks for a place on the user's own ZenML server, and leaves it as it was found.

Run by the Python of the environment that `sop-new try` makes, among a project's examples, never
imported, as probe.py. Its arguments are a file for its answer, and what to do: `version` asks for
the server's, `look` finds a place, and `leave` removes what the examples have registered since.
"""

from __future__ import annotations

import json
import runpy
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from zenml.client import Client
from zenml.enums import StackComponentType
from zenml.integrations.registry import integration_registry

OPERATOR, STORE = StackComponentType.STEP_OPERATOR, StackComponentType.ARTIFACT_STORE


def look(client: Client, name: str) -> tuple[str, list[str], bool]:
    """The artifact store that steps can use, the packages it needs, and if there is the flavor."""
    if client.list_stack_components(name=name, type=OPERATOR).total or (
        client.list_stacks(name=name).total
    ):
        sys.exit(
            f"Your ZenML has a step operator or stack {name} already, and this would make another."
        )
    store = reachable_store(client)
    needed: list[str] = []
    if store.integration:
        needed = integration_registry.select_integration_requirements(store.integration)
    return store.name, needed, bool(client.list_flavors(name=name, type=OPERATOR).total)


def reachable_store(client: Client) -> Any:
    """The active stack's artifact store, or the only one that steps elsewhere can reach."""
    [active] = client.active_stack_model.components[STORE]
    listed = client.list_stack_components(type=STORE, size=100).items
    stores = [store for store in (active, *listed) if store.flavor_name != "local"]
    if active.flavor_name != "local" or len(stores) == 1:
        return stores[0]
    sys.exit(
        "Steps on another machine need an artifact store that they reach; activate a stack of your "
        f"ZenML that has one. There are: {', '.join(store.name for store in stores) or 'none'}."
    )


def leave(client: Client, name: str, has_flavor: bool) -> None:
    """Remove what the examples have registered; the run itself stays in ZenML's history."""
    with suppress(KeyError):
        client.activate_stack("default")
    with suppress(KeyError):
        client.delete_stack(name)
    with suppress(KeyError):
        client.delete_stack_component(name, OPERATOR)
    if not has_flavor:
        with suppress(KeyError):
            client.delete_flavor(name)


def main(answer: Path, what: str) -> None:
    """Do what is asked, and write down what came of it."""
    client = Client()
    if what == "version":
        answer.write_text(json.dumps(str(client.zen_store.get_store_info().version)))
        return
    name = runpy.run_path("register.py")["NAME"]
    if what == "look":
        answer.write_text(json.dumps(look(client, name)))
    else:
        leave(client, name, json.loads(answer.read_text())[-1])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
