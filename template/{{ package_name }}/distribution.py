"""How this package got here, and a way to take it along.

Most plugins are on no package index, and the wheel or the checkout that one came from
may be gone, or be out of reach for whoever runs the step. So it travels as a wheel made
of what is installed here.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

PACKAGE = Path(__file__).parent


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


def requirements() -> set[str]:
    """Return what an image needs installed for this package, besides ZenML.

    That is this package itself, if it came from an index; otherwise what it depends on,
    and its `files` are put into the image.

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


def files() -> dict[str, bytes]:
    """Return what makes up this package, as it is now: its code and its metadata.

    Raises:
        RuntimeError: If the package is not installed.
    """
    return dict(_code()) | dict(_information(_installed()))


def pack_wheel(folder: Path) -> Path:
    """Write this package, as it is now, as a wheel; return the wheel.

    The wheel lies in a folder named after its content: what has not changed is written
    once, and no installer takes one state of the package for another.

    Args:
        folder: Where wheels are kept.

    Raises:
        RuntimeError: If the package is not installed.
        OSError: If the wheel cannot be written.
    """
    contents = files()
    stem = _stem(_installed())
    record_name = f"{stem}.dist-info/RECORD"
    # It names every other file, with its digest.
    record = contents[record_name] = _record(contents, record_name)
    digest = hashlib.sha256(record).hexdigest()[:32]
    target = folder / digest / f"{stem}-py3-none-any.whl"
    if not target.exists():
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".draft-") as drafts:
            draft = Path(drafts) / target.name
            _zip(contents, draft)
            draft.replace(target)
    return target


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


def _stem(plugin: Distribution) -> str:
    name = re.sub(r"[-_.]+", "_", plugin.name).lower()
    return f"{name}-{plugin.version.replace('-', '_')}"


def _information(plugin: Distribution) -> Iterable[tuple[str, bytes]]:
    folder = f"{_stem(plugin)}.dist-info"
    wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    yield f"{folder}/WHEEL", wheel.encode()
    licences = plugin.metadata.get_all("License-File") or []
    for name in ("METADATA", "entry_points.txt", *(f"licenses/{n}" for n in licences)):
        text = plugin.read_text(name)
        if text is not None:
            yield f"{folder}/{name}", text.encode()


def _record(files: Mapping[str, bytes], own_name: str) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for name, content in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
        rows.writerow((name, f"sha256={digest.decode().rstrip('=')}", len(content)))
    rows.writerow((own_name, "", ""))
    return text.getvalue().encode()


def _zip(files: Mapping[str, bytes], target: Path) -> None:
    # Without compression and with the same date, the same content is the same bytes.
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content)
