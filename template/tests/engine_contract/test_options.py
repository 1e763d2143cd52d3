"""What can be set reaches the engine."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest

from . import facts
from .jobs import Runner, config
from .project import (
    ComponentOptions,
    Phase,
    Resources,
    StepOptions,
    connect,
)


class Recording:
    """Options that remember what was asked of them."""

    def __init__(self, options: Any) -> None:
        self._options = options
        self._read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self._read.add(name)
        return getattr(self._options, name)

    def unread(self, kind: Any) -> set[str]:
        """Name the fields that nobody has asked for."""
        is_dumped = "model_dump" in self._read
        return set() if is_dumped else {*kind.model_fields} - self._read


def test_each_option_is_read(runner: Runner) -> None:
    component: Any = Recording(config())
    step: Any = Recording(config())
    other = Runner(connect(component, runner.workdir), runner.workdir, runner.handles)
    with suppress(Exception):
        # Some options are about gpus, which there need not be.
        other.start("true", options=step, resources=Resources(gpus=1)).cancel()
    job = other.start("true", options=step)
    job.ends_as(Phase.SUCCEEDED)
    job.cancel()
    other.engine.remove(job.handle)

    assert not component.unread(ComponentOptions)
    assert not step.unread(StepOptions)


def test_resources_appear_as_documented(runner: Runner) -> None:
    if not facts.RESOURCES:
        pytest.skip("facts.py does not tell how resources appear")
    asked = Resources(cpus=1.5, memory=700)
    job = runner.start("sleep", "600", resources=asked)
    shown = facts.show(job.handle.name, job.handle.details)
    job.cancel()

    assert not [each for each in facts.RESOURCES if not re.search(each, shown)], shown
