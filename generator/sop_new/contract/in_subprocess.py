"""Looks at a flavor from a subprocess, in another folder.

Runs as `python in_subprocess.py PATH.OF.A.MODULE Class` and prints JSON: what is imported
when, and whether the source that ZenML stores of the flavor leads back to it.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from typing import Any


def normal(distribution: str) -> str:
    """Spell a distribution's name as indices do (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def required(distribution: str, known: set[str]) -> set[str]:
    """Return what comes along when a distribution is installed, itself included."""
    name = normal(distribution)
    if name not in known:
        known.add(name)
        try:
            listed = requires(name) or []
        except PackageNotFoundError:
            return known
        for requirement in listed:
            if "extra ==" not in requirement:
                required(re.split(r"[^\w.-]", requirement, maxsplit=1)[0], known)
    return known


def foreign(modules: set[str], package: str) -> Iterator[str]:
    """Name those of the modules' roots that do not come with Python or ZenML."""
    zenmls = required("zenml", set())
    owners = packages_distributions()
    for root in sorted({module.partition(".")[0] for module in modules}):
        names = {normal(name) for name in owners.get(root, [])}
        if names and root != package and not names & zenmls:
            yield root


def led_back(flavor: Any) -> dict[str, str]:
    """Tell the source that is stored of a flavor, and why it cannot be loaded."""
    from zenml.utils import source_utils

    try:
        stored = flavor().to_model(integration="custom", is_custom=True).source
    except Exception as error:
        return {"unstored": f"{type(error).__name__}: {error}"}
    try:
        source_utils.load(stored)
    except Exception as error:
        return {"stored": stored, "lost": f"{type(error).__name__}: {error}"}
    return {"stored": stored}


def main(module: str, name: str) -> None:
    """Import a flavor, its config and its operator, one after the other."""
    import zenml.client
    import zenml.step_operators  # noqa: F401 - what is there in any case

    package = module.partition(".")[0]
    stages: dict[str, list[str]] = {}
    told: dict[str, object] = {"modules": stages}
    before = set(sys.modules)
    flavor = getattr(importlib.import_module(module), name)
    stages["flavor"] = sorted(set(sys.modules) - before)
    config = flavor().config_class
    told["config"] = config.__module__
    stages["config"] = sorted(set(sys.modules) - before)
    told["foreign"] = list(foreign(set(sys.modules) - before, package))
    try:
        told["operator"] = flavor().implementation_class.__module__
        told["foreign to the operator"] = list(foreign(set(sys.modules) - before, package))
    except ImportError as error:
        told["missing"] = str(error)
    told |= led_back(flavor)
    print(json.dumps(told))


if __name__ == "__main__":
    # This folder, which is nobody's but the tests'.
    del sys.path[0]
    main(*sys.argv[1:])
