"""How this package got here, and what it consists of.

Most plugins are on no package index, and the wheel or the checkout that one came from
may be gone, or be out of reach for whoever runs the step. So what is installed here is
what is taken along.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from ... import PACKAGE


def requirement() -> str:
    """Return the requirement that names this package, at this version.

    Raises:
        RuntimeError: If the package is not installed.
    """
    plugin = _installed()
    return f"{plugin.name}=={plugin.version}"


def on_index() -> bool:
    """Tell whether this package came from a package index.

    Raises:
        RuntimeError: If the package is not installed.
    """
    return _installed().read_text("direct_url.json") is None


def image_requirements() -> set[str]:
    """Return what must be installed in an image for this package, besides ZenML.

    That is the package itself, if it came from an index. Otherwise it is what the
    package depends on, while the package has to get there as `files`.

    Raises:
        RuntimeError: If the package is not installed.
    """
    from packaging.requirements import Requirement

    if on_index():
        return {requirement()}
    needed = [Requirement(line) for line in _installed().requires or []]
    return {
        str(need)
        for need in needed
        if need.name != "zenml" and "extra ==" not in str(need.marker)
    }


def wheel_stem() -> str:
    """Return what the names of a wheel and of its metadata begin with.

    Raises:
        RuntimeError: If the package is not installed.
    """
    plugin = _installed()
    name = re.sub(r"[-_.]+", "_", plugin.name).lower()
    return f"{name}-{plugin.version.replace('-', '_')}"


def files() -> dict[str, bytes]:
    """Return the code and the metadata of this package, as they are now, by path.

    Raises:
        RuntimeError: If the package is not installed.
    """
    return dict(_code()) | dict(_information())


def _installed() -> Distribution:
    try:
        return distribution(PACKAGE.name)
    except PackageNotFoundError:
        raise RuntimeError(
            f"{PACKAGE} is imported, but not installed: run `pip install -e` on the "
            "project that it belongs to."
        ) from None


def _code() -> Iterable[tuple[str, bytes]]:
    for path in PACKAGE.rglob("*"):
        name = path.relative_to(PACKAGE.parent)
        if path.is_file() and "__pycache__" not in name.parts:
            yield name.as_posix(), path.read_bytes()


def _information() -> Iterable[tuple[str, bytes]]:
    plugin = _installed()
    folder = f"{wheel_stem()}.dist-info"
    wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    yield f"{folder}/WHEEL", wheel.encode()
    licences = plugin.metadata.get_all("License-File") or []
    for name in ("METADATA", "entry_points.txt", *(f"licenses/{n}" for n in licences)):
        text = plugin.read_text(name)
        if text is not None:
            yield f"{folder}/{name}", text.encode()
