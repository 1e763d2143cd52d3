"""What can be configured of the engine.

The fields here are examples of each kind; keep, rename or remove them. A new one needs
a default, or components registered before it break.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator
from zenml.utils.secret_utils import SecretField


class StepOptions(BaseModel):
    """What a step can set for itself."""

    queue: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.-]+$",
        description="Queue that the step is submitted to. Default: the engine's own.",
    )


class ComponentOptions(BaseModel):
    """What is set once, for all steps."""

    endpoint: str | None = Field(
        default=None, description="Address of the engine, as in https://host:port."
    )
    # No validator on a secret: ZenML then refuses references such as {{secret.key}}
    # (ZenML 0.98, stack/stack_component.py).
    token: str | None = SecretField(
        default=None, description="Token that the engine asks for."
    )

    @field_validator("endpoint")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"endpoint must be an http(s) address, not {value!r}")
        return value
