"""What a stack must have for jobs to run on the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zenml.stack import Stack, StackValidator

REMOTE_STORE, REGISTRY = "remote store", "registry"


def validator_of(needs: frozenset[str]) -> StackValidator | None:
    """Return what ZenML checks a stack by, before it builds or submits anything."""
    from zenml.enums import StackComponentType
    from zenml.stack import StackValidator

    if not needs:
        return None
    registry = {StackComponentType.CONTAINER_REGISTRY}
    return StackValidator(
        required_components=registry if REGISTRY in needs else None,
        custom_validation_function=_has_remote_store if REMOTE_STORE in needs else None,
    )


def _has_remote_store(stack: Stack) -> tuple[bool, str]:
    store = stack.artifact_store
    return not store.config.is_local, (
        f"The engine runs steps on another machine, which does not see the files of the "
        f"local artifact store {store.name!r}: use a stack with a remote one."
    )
