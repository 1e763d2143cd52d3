"""The folder for what this package keeps on disk."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, field_validator

from .. import PACKAGE


class WorkdirOption(BaseModel):
    """Where that folder is; the same for all steps of a component."""

    workdir: str | None = Field(
        default=None,
        description="Absolute path of the folder for what jobs need on disk; the "
        "machines that run commands from it must see it. Default: a folder below "
        "ZenML's own configuration.",
    )

    @field_validator("workdir")
    @classmethod
    def _is_absolute(cls, value: str | None) -> str | None:
        if value is not None and not Path(value).expanduser().is_absolute():
            raise ValueError(f"workdir must be an absolute path, not {value!r}")
        return value


def work_folder(chosen: str | None) -> Path:
    """Return that folder; create it for us alone.

    Raises:
        OSError: If it cannot be created.
    """
    from zenml.config.global_config import GlobalConfiguration

    default = Path(GlobalConfiguration().config_directory) / "step_operators"
    folder = Path(chosen).expanduser() if chosen else default / PACKAGE.name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
