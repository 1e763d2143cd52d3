"""The options that every step operator of this kind has, beside its engine's own."""

from __future__ import annotations

import difflib
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator
from zenml.stack import StackComponentConfig

from .environment.janitor import KEEP_DAYS
from .environment.prepare import MachineOptions, StepEnvironment
from .environment.workdir import VARIABLE
from .resources import Resources


class UnknownSettingError(TypeError):
    """A step sets something that does not exist.

    Not a ValueError: pydantic would wrap it, and ZenML would then hide the message
    (ZenML 0.98, config/settings_resolver.py).
    """


class CommonStepOptions(StepEnvironment):
    """What a step can set for itself on any engine."""

    on_unsupported: Literal["refuse", "warn"] = Field(
        default="warn",
        description="What to do when a step asks for something that the engine cannot "
        "give, such as a gpu or a package of the operating system.",
    )
    timeout_seconds: int | None = Field(
        default=None,
        ge=1,
        description="How long the step may run; it has failed after that, and is "
        "killed if it does not end within half a minute. Default: without end.",
    )
    pending_timeout_seconds: int | None = Field(
        default=None,
        ge=1,
        description="How long the step may wait for its start; it has failed after "
        "that. Default: without end.",
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Name the setting that was meant: ZenML only warns, and drops it.

        Forbidding extra fields would break `get_settings`, which mixes the component's
        configuration in (ZenML 0.98). That configuration is left alone: it may stem
        from another version.
        """
        if issubclass(cls, StackComponentConfig):
            return data
        # The configuration is the class of the settings, extended.
        kinds = (cls, *cls.__subclasses__())
        known = sorted({name for kind in kinds for name in kind.model_fields})
        for name in sorted(data.keys() - known):
            near = difflib.get_close_matches(name, known, n=1)
            hint = f": did you mean {near[0]!r}?" if near else "."
            raise UnknownSettingError(f"There is no setting {name!r}{hint}")
        return data

    def refusal(self, resources: Resources, is_command: bool) -> str:
        """Say why the engine cannot give a step all of this; nothing if it can.

        Args:
            resources: What the step asks for.
            is_command: Whether it is a command step, which has no ZenML inside.
        """
        return ""


class CommonComponentOptions(MachineOptions):
    """What is set once, for all steps, on any engine."""

    workdir: str | None = Field(
        default=None,
        description="Absolute path of a folder in which each user has one for what "
        "jobs need on disk; ~ and variables such as $USER are expanded. The machines "
        "that run commands from it must see it. Default: a folder below ZenML's own "
        "configuration.",
    )
    keep_failed: bool = Field(
        default=True,
        description="Whether the logs of failed and cancelled steps are kept.",
    )
    grace_seconds: int = Field(
        default=30,
        ge=0,
        le=3600,
        description="How long a step that is told to end may take to do so; it is "
        "killed then.",
    )
    lost_seconds: int = Field(
        default=60,
        ge=0,
        description="How long the engine may not know a step's job before the job is "
        "given up.",
    )
    keep_days: int = Field(
        default=KEEP_DAYS,
        ge=1,
        description="How many days what steps have left on disk, and what was built "
        "for them, is kept below `workdir` after its last use.",
    )
    unreachable_seconds: int = Field(
        default=300,
        ge=1,
        description="How long the engine may fail to answer before the wait for a step "
        "ends with an error. Its job is left as it is.",
    )

    @field_validator("workdir")
    @classmethod
    def _can_be_absolute(cls, value: str | None) -> str | None:
        # Who registers a component need not have the variables of who uses it.
        starts = value is None or value.startswith(("/", "~")) or VARIABLE.match(value)
        if not starts:
            raise ValueError(f"workdir must be an absolute path, not {value!r}")
        return value
