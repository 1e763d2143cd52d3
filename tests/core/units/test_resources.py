"""From ZenML's resource settings to an engine's units."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from zenml import __version__
from zenml.config import ResourceSettings
from zenml.config.resource_settings import ByteUnit
from zenml_acme._core.resources import (
    Resources,
    UnsupportedError,
    acquired,
    refuse_or_warn,
)


@pytest.mark.parametrize(
    ("memory", "mib"),
    [
        ("1KB", 1),
        ("500MB", 477),
        ("512MiB", 512),
        ("1GB", 954),
        ("1GiB", 1024),
        ("2TiB", 2 * 1024**2),
    ],
)
def test_memory_is_rounded_up_to_mib(memory: str, mib: int) -> None:
    assert Resources.of(ResourceSettings(memory=memory)).memory == mib


@pytest.mark.parametrize("unit", ByteUnit)
def test_every_unit_of_zenml_is_known(unit: ByteUnit) -> None:
    resources = Resources.of(ResourceSettings(memory=f"3{unit.value}"))

    assert resources.memory == -(-3 * unit.byte_value // 2**20)


def test_fractions_of_cpus_survive() -> None:
    resources = Resources.of(ResourceSettings(cpu_count=0.5, gpu_count=2))

    assert resources == Resources(cpus=0.5, gpus=2, memory=None)


def test_only_what_is_asked_for_and_not_honoured_is_beyond_an_engine() -> None:
    resources = Resources(cpus=1.5, gpus=0, memory=10)

    assert resources.beyond(frozenset({"cpus"})) == ["memory=10"]
    assert resources.beyond(frozenset({"cpus", "memory"})) == []


@pytest.mark.skipif(
    "gpu_class" not in ResourceSettings.model_fields,
    reason=f"ZenML {__version__} has no resource pools",
)
def test_what_pools_are_asked_for_is_beyond_an_engine_unless_acquired() -> None:
    asked: dict[str, Any] = {"gpu_class": "a100", "resources": {"tpu": 2}}
    resources = Resources.of(ResourceSettings(**asked))
    alone: Any = SimpleNamespace(step_run=SimpleNamespace(resource_request_id=None))
    served: Any = SimpleNamespace(step_run=SimpleNamespace(resource_request_id="id"))

    assert resources.beyond(acquired(alone)) == ["gpu_class=a100", "pools=tpu"]
    assert resources.beyond(acquired(served)) == []


def test_nothing_unsupported_is_refused() -> None:
    refuse_or_warn([], "refuse")

    with pytest.raises(UnsupportedError, match="memory=10"):
        refuse_or_warn(["memory=10"], "refuse")
