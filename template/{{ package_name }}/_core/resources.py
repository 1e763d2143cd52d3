"""What a step asks for, in the units that engines take; and what the engine needs."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from zenml.config import ResourceSettings
    from zenml.config.step_run_info import StepRunInfo
    from zenml.stack import Stack, StackValidator

logger = logging.getLogger(__name__)


class UnsupportedError(RuntimeError):
    """The step asks for something that cannot be given."""


@dataclass(frozen=True)
class Resources:
    """What a step asks for; None where it does not say.

    Attributes:
        cpus: Number of cpus; fractions are allowed.
        gpus: Number of gpus.
        memory: In MiB.
        gpu_class: Class of the gpus, by the name that ZenML's resource pools give it.
        pools: What the step asks for of ZenML's resource pools, by name.
    """

    cpus: float | None = None
    gpus: int | None = None
    memory: int | None = None
    gpu_class: str | None = None
    pools: str = ""

    @classmethod
    def of(cls, settings: ResourceSettings) -> Resources:
        """Translate ZenML's settings.

        Memory is rounded up: rounding down to whole GB, as is often done, turns
        500 MB into nothing.
        """
        memory = settings.get_memory("MiB")
        return cls(
            cpus=settings.cpu_count,
            gpus=settings.gpu_count,
            memory=None if memory is None else math.ceil(memory),
            # Both came with ZenML 0.97.
            gpu_class=getattr(settings, "gpu_class", None),
            pools=", ".join(
                str(demand.name or demand.kind or demand.class_name)
                for demand in getattr(settings, "normalized_resources", ())
            ),
        )

    def beyond(self, honoured: frozenset[str]) -> list[str]:
        """Name what is asked for and not honoured, with its value."""
        asked = ((field.name, getattr(self, field.name)) for field in fields(self))
        return [
            f"{name}={value}" for name, value in asked if value and name not in honoured
        ]


def acquired(info: StepRunInfo) -> frozenset[str]:
    """Name what ZenML itself has acquired for a step, from its resource pools.

    It does so for dynamic pipelines only (ZenML 0.98, orchestrators/step_launcher.py).
    """
    step_run = getattr(info, "step_run", None)
    has_request = getattr(step_run, "resource_request_id", None)
    return frozenset({"gpu_class", "pools"} if has_request else ())


def refuse_or_warn(unsupported: list[str], how: Literal["refuse", "warn"]) -> None:
    """Speak up about what cannot be given.

    Raises:
        UnsupportedError: If it is to be refused.
    """
    if not unsupported:
        return
    message = f"The engine cannot give {', '.join(unsupported)}"
    if how == "refuse":
        raise UnsupportedError(
            f"{message}: ask for less, or set on_unsupported to 'warn'."
        )
    logger.warning("%s: ignored.", message)


def validator_of(needs: frozenset[str]) -> StackValidator | None:
    """Return what ZenML checks a stack by, before it builds or submits anything."""
    from zenml.enums import StackComponentType
    from zenml.stack import StackValidator

    if not needs:
        return None
    registry = {StackComponentType.CONTAINER_REGISTRY}
    checks = {"another machine": _names_machine, "remote store": _has_remote_store}
    return StackValidator(
        required_components=registry if "registry" in needs else None,
        custom_validation_function=next(
            (check for need, check in checks.items() if need in needs), None
        ),
    )


def _names_machine(stack: Stack) -> tuple[bool, str]:
    return False, (
        "The step operator runs steps on another machine, and names none: `zenml "
        "step-operator update NAME --ssh_host=HOST`, if `ssh HOST` reaches it."
    )


def _has_remote_store(stack: Stack) -> tuple[bool, str]:
    store = stack.artifact_store
    return not store.config.is_local, (
        "The engine runs steps on another machine, which does not see the files of "
        f"the local artifact store {store.name!r}: use a stack with a remote one."
    )
