"""Packages that lie on this machine, and are built by nothing but themselves."""

from __future__ import annotations

import zipfile
from pathlib import Path

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "{name}"
version = "1.0"
requires-python = ">=3.10"
dependencies = [{needs}]
"""

# What is built is what lies beside it, for an editable one a path to there.
BACKEND = """
import zipfile
from pathlib import Path

HERE = Path(__file__).parent

def _write(folder, files):
    name = "{name}-1.0-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n{needs}"
    files["{name}-1.0.dist-info/METADATA"] = metadata
    files["{name}-1.0.dist-info/WHEEL"] = (
        "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    )
    files["{name}-1.0.dist-info/RECORD"] = "".join(f"{{path}},,\\n" for path in files)
    with zipfile.ZipFile(Path(folder, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name

def build_wheel(folder, config_settings=None, metadata_directory=None):
    return _write(folder, {{"{name}.py": (HERE / "{name}.py").read_text()}})

def build_editable(folder, config_settings=None, metadata_directory=None):
    return _write(folder, {{"{name}.pth": str(HERE)}})
"""


def write_package(folder: Path, value: str = "", needs: str = "", more: str = "") -> Path:
    """Write a package of one module, both of which are called like the folder."""
    name, folder_needs = folder.name, f'"{needs}"' if needs else ""
    folder.mkdir(parents=True, exist_ok=True)
    pyproject = PYPROJECT.format(name=name, needs=folder_needs) + more
    (folder / "pyproject.toml").write_text(pyproject)
    required = f"Requires-Dist: {needs}\\n" if needs else ""
    (folder / "backend.py").write_text(BACKEND.format(name=name, needs=required))
    (folder / f"{name}.py").write_text(f"VALUE = {value!r}\n")
    return folder


def write_wheel(folder: Path, name: str, version: str, needs: str = "") -> Path:
    """Write a wheel that holds nothing but its metadata."""
    stem = f"{name.replace('-', '_')}-{version}"
    required = f"Requires-Dist: {needs}\n" if needs else ""
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{required}",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(f"{stem}.dist-info/{file}", text)
    return path
