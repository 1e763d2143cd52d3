"""What can be configured of the engine."""

from __future__ import annotations

from pydantic import BaseModel, Field
from zenml.utils.secret_utils import SecretField


class StepOptions(BaseModel):
    """What a step can set for itself: nothing beside what it can on every engine."""


class ComponentOptions(BaseModel):
    """What is set once, for all steps."""

    url: str | None = Field(
        default=None,
        # No name and password: those would be shown with the component.
        pattern=r"^https?://[^\s/?#@]+(/[^\s?#@]*)?$",
        description="Address of the queue, as in `https://queue.acme.example`. "
        "Default: the environment variable ACMEQ_URL.",
    )
    # No validator on a secret: ZenML then refuses references such as {{secret.key}}
    # (ZenML 0.98, stack/stack_component.py).
    token: str | None = SecretField(
        default=None,
        description="Token that the queue asks for. Default: the environment variable "
        "ACMEQ_TOKEN.",
    )
