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
from importlib.metadata import (
    Distribution,
    PackageNotFoundError,
    distribution,
    distributions,
    packages_distributions,
    requires,
)
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname


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


def owners(flavor: Any) -> Iterator[Distribution]:
    """Yield the distributions that a flavor's module is installed by."""
    file = Path(sys.modules[flavor.__module__].__file__ or "").resolve()
    for each in distributions():
        origin = json.loads(each.read_text("direct_url.json") or "{}").get("url", "")
        # Of what is installed as editable, only its folder is known.
        edited = urlparse(origin).scheme == "file" and file.is_relative_to(
            url2pathname(urlparse(origin).path)
        )
        if edited or any(Path(str(each.locate_file(part))) == file for part in each.files or ()):
            yield each


def absent(own: list[Distribution]) -> Iterator[str]:
    """Name what distributions require here, and is not installed."""
    from packaging.requirements import Requirement

    for requirement in (Requirement(each) for one in own for each in one.requires or ()):
        if not requirement.marker or requirement.marker.evaluate({"extra": ""}):
            try:
                distribution(requirement.name)
            except PackageNotFoundError:
                yield requirement.name


def foreign(modules: set[str], package: str, own: list[Distribution]) -> Iterator[str]:
    """Name the roots of modules that come with neither Python, ZenML nor the flavor's package."""
    known: set[str] = set()
    for name in ("zenml", *(each.metadata["Name"] for each in own)):
        required(name, known)
    installed_by = packages_distributions()
    for root in sorted({module.partition(".")[0] for module in modules}):
        names = {normal(name) for name in installed_by.get(root, [])}
        if names and root != package and not names & known:
            yield root


def led_back(flavor: Any) -> dict[str, str]:
    """Tell the source that is stored of a flavor, and why it cannot be loaded."""
    from zenml.utils import source_utils

    file = Path(sys.modules[flavor.__module__].__file__ or "").resolve()
    root = next((each for each in file.parents if (each / ".zen").is_dir()), None)
    try:
        stored = stored_source(flavor)
        there = stored_source(flavor, str(root)) if root else stored
    except Exception as error:
        return {"unstored": f"{type(error).__name__}: {error}"}
    if there != stored:
        return {"stored": there, "lost": f"below {root}, a root of ZenML's, and found nowhere else"}
    if stored.startswith("src."):
        return {"stored": stored, "lost": "`src` is a folder, and is not installed"}
    try:
        source_utils.load(stored)
    except Exception as error:
        return {"stored": stored, "lost": f"{type(error).__name__}: {error}"}
    return {"stored": stored}


def stored_source(flavor: Any, root: str | None = None) -> str:
    """Return what ZenML stores of a flavor that is registered below a root of ZenML's."""
    from zenml.utils import source_utils

    source_utils.set_custom_source_root(root)
    try:
        return str(flavor().to_model(integration="custom", is_custom=True).source)
    finally:
        source_utils.set_custom_source_root(None)


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
    try:
        told["config"] = flavor().config_class.__module__
    except ImportError as error:
        told["missing config"] = str(error)
    stages["config"] = sorted(set(sys.modules) - before)
    own = list(owners(flavor))
    told["absent"] = list(absent(own))
    told["foreign"] = list(foreign(set(sys.modules) - before, package, own))
    try:
        told["operator"] = flavor().implementation_class.__module__
        told["foreign to the operator"] = list(foreign(set(sys.modules) - before, package, own))
    except ImportError as error:
        told["missing"] = str(error)
    told |= led_back(flavor)
    print(json.dumps(told))


if __name__ == "__main__":
    # This folder, which is nobody's but the tests'.
    del sys.path[0]
    main(*sys.argv[1:])
