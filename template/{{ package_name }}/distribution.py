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
import json
import re
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

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


def line_for(installed: Distribution) -> str:
    """Return the line of a requirements file that installs a distribution again."""
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    url = origin.get("url", "")
    if "vcs_info" in origin:
        vcs = origin["vcs_info"]
        folder = origin.get("subdirectory")
        part = f"#subdirectory={folder}" if folder else ""
        return f"{installed.name} @ {vcs['vcs']}+{url}@{vcs['commit_id']}{part}"
    if origin.get("dir_info", {}).get("editable"):
        return f"-e {url}"
    # conda leaves the address of a folder on the machine that built the package.
    is_gone = url.startswith("file:") and not Path(unquote(urlsplit(url).path)).exists()
    if url and not is_gone:
        return f"{installed.name} @ {url}"
    return f"{installed.name}=={installed.version}"


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
    plugin = _installed()
    name = re.sub(r"[-_.]+", "_", plugin.name).lower()
    stem = f"{name}-{plugin.version.replace('-', '_')}"
    files = dict(_code()) | dict(_information(plugin, f"{stem}.dist-info"))
    record_name = f"{stem}.dist-info/RECORD"
    # It names every other file, with its digest.
    record = files[record_name] = _record(files, record_name)
    digest = hashlib.sha256(record).hexdigest()[:32]
    target = folder / digest / f"{stem}-py3-none-any.whl"
    if not target.exists():
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".draft-") as drafts:
            draft = Path(drafts) / target.name
            _zip(files, draft)
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


def _information(plugin: Distribution, folder: str) -> Iterable[tuple[str, bytes]]:
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
