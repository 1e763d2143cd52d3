"""Pipelines whose steps run behind ssh, and what else a launcher does: `python behind.py WHAT`."""

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from zenml import pipeline, step
from zenml.client import Client
from zenml.config import DockerSettings
from zenml.enums import StackComponentType

OPERATOR = "there"
MARKS = Path(os.environ.get("MARKS", "/nowhere"))
SECRET = {
    "docker": DockerSettings(
        environment={"MARKS": str(MARKS), "SECRET": os.environ.get("SECRET", "")}
    )
}


def register(flavor: str, configuration: dict[str, str]) -> None:
    """Make a stack with the step operator and an artifact store on S3, and activate it."""
    client = Client()
    kind = StackComponentType.STEP_OPERATOR
    # The server has it once, whichever backend's project registers it.
    known = [each for each in client.list_flavors(type=kind).items if each.source == flavor]
    created = known or [client.create_flavor(source=flavor, component_type=kind)]
    flavor = created[0].name
    name = f"{flavor}-{os.getpid()}"
    components = {StackComponentType.ORCHESTRATOR: "default"}
    for kind, flavor_name, options in (
        (StackComponentType.STEP_OPERATOR, flavor, configuration),
        (
            StackComponentType.ARTIFACT_STORE,
            "s3",
            {
                "path": "s3://artifacts",
                "key": "any",
                "secret": "any",
                "client_kwargs": {
                    "endpoint_url": os.environ["TEST_S3"],
                    "region_name": "us-east-1",
                },
            },
        ),
    ):
        client.create_stack_component(
            name=name, flavor=flavor_name, component_type=kind, configuration=options
        )
        components[kind] = name
    client.create_stack(name=name, components=components)
    client.activate_stack(name)


def there(function: Any) -> Any:
    return step(step_operator=True, enable_cache=False, settings=SECRET)(function)


@there
def look(number: int) -> dict[str, Any]:
    import helper

    return {
        "number": number,
        "user": os.getuid(),
        "word": helper.WORD,
        "secret": hashlib.sha256(os.environ["SECRET"].encode()).hexdigest(),
    }


@there
def fail() -> None:
    raise ValueError("the step fails on purpose")


@there
def wait() -> None:
    (MARKS / str(os.getpid())).touch()
    time.sleep(600)


@step(enable_cache=False)
def tell(seen: dict[str, Any]) -> None:
    print("SEEN", json.dumps(seen), flush=True)


@pipeline(enable_cache=False)
def succeeding() -> None:
    tell(look(1))


@pipeline(enable_cache=False)
def failing() -> None:
    fail()


@pipeline(enable_cache=False)
def waiting() -> None:
    wait()


@pipeline(enable_cache=False, dynamic=True, depends_on=[look])
def eight() -> None:
    for ended in [look.submit(number) for number in range(8)]:
        ended.result()


def last_run() -> dict[str, Any]:
    """What the server knows of the run that was started last, and the engine of its steps."""
    run = Client().list_pipeline_runs(sort_by="desc:created", size=1).items[0]
    steps = Client().list_run_steps(pipeline_run_id=run.id, size=20).items
    steps = [Client().get_run_step(each.id) for each in steps]
    return {
        "status": run.status.value,
        "steps": {str(each.id): each.status.value for each in steps if "job" in each.run_metadata},
    }


def names() -> list[str]:
    """What the server has of stacks and step operators, and of flavors that it did not bring."""
    client, kind = Client(), StackComponentType.STEP_OPERATOR
    flavors = [each for each in client.list_flavors(type=kind, size=100).items if each.is_custom]
    components = client.list_stack_components(type=kind, size=100).items
    return [each.name for each in (*client.list_stacks(size=100).items, *components, *flavors)]


def find() -> None:
    """Find the steps of the last run on the engine, which another launcher has started."""
    operator = Client().active_stack.step_operator
    for each in Client().list_run_steps(status="running", size=20).items:
        found = Client().get_run_step(each.id)
        print("FOUND", operator.get_status(found).value, flush=True)
        operator.cancel(found)


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    if what == "register":
        register(arguments[0], json.loads(arguments[1]))
    elif what == "find":
        find()
    elif what == "names":
        print("NAMES", json.dumps(names()))
    elif what == "last":
        print("LAST", json.dumps(last_run()))
    else:
        {"succeeding": succeeding, "failing": failing, "waiting": waiting, "eight": eight}[what]()
