"""Steps on Slurm in images that ZenML builds: `python images.py RUNTIME WORKDIR ARGUMENTS`."""

import json
import os
import sys
from pathlib import Path

from zenml import pipeline, step
from zenml.client import Client
from zenml.config import DockerSettings
from zenml.enums import StackComponentType

IN_IMAGE = {"docker": DockerSettings(environment={"OF_THE_IMAGE": "of the image"})}


@step(step_operator=True, enable_cache=False, settings=IN_IMAGE)
def look(workdir: str) -> dict[str, str]:
    """Tell what there is inside."""
    [job] = Path(workdir).rglob("labels.json")
    return {
        "variable": os.environ.get("OF_THE_IMAGE", ""),
        "home": str(Path.cwd()),
        "number": os.environ.get("SLURM_JOB_ID", ""),
        "files": " ".join(sorted(path.name for path in job.parent.iterdir())),
        "variables": json.dumps(dict(os.environ)),
    }


@step(step_operator=True, enable_cache=False, settings=IN_IMAGE)
def fail() -> None:
    """Go wrong."""
    raise ValueError("as it should be")


@pipeline
def looking(workdir: str) -> None:
    look(workdir)


@pipeline
def failing() -> None:
    fail()


def register(runtime: str, workdir: str, arguments: list[str]) -> None:
    """Make a stack with a registry that asks for a password, and activate it."""
    client = Client()
    flavor = client.create_flavor(
        source="zenml_acme.flavor.AcmeStepOperatorFlavor",
        component_type=StackComponentType.STEP_OPERATOR,
    )
    # Or a job would have it from the launcher.
    user, password = os.environ["TEST_REGISTRY_USER"], os.environ.pop("TEST_REGISTRY_PASSWORD")
    client.create_secret("registry", {"username": user, "password": password})
    components = {
        StackComponentType.ORCHESTRATOR: "default",
        StackComponentType.ARTIFACT_STORE: "default",
    }
    for kind, flavor_name, options in (
        (
            StackComponentType.STEP_OPERATOR,
            flavor.name,
            {
                "workdir": workdir,
                "container_runtime": runtime,
                "container_args": arguments,
            },
        ),
        (
            StackComponentType.CONTAINER_REGISTRY,
            "default",
            {"uri": os.environ["TEST_REGISTRY"], "authentication_secret": "registry"},
        ),
    ):
        client.create_stack_component(
            name="ours", flavor=flavor_name, component_type=kind, configuration=options
        )
        components[kind] = "ours"
    client.create_stack(name="ours", components=components)
    client.activate_stack("ours")


def main(runtime: str, workdir: str, *arguments: str) -> None:
    register(runtime, workdir, list(arguments))
    looking(workdir)
    [run] = Client().list_pipeline_runs().items
    seen = Client().get_pipeline_run(run.id).steps["look"]
    try:
        failing()
    except RuntimeError as error:
        failed = str(error)
    told = seen.outputs["output"][0].load()
    print(json.dumps({"seen": told, "job": dict(seen.run_metadata["job"]), "failed": failed}))


if __name__ == "__main__":
    main(*sys.argv[1:])
