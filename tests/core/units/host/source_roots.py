"""A source root, and what of it is to travel."""

from __future__ import annotations

import tarfile
from pathlib import Path


def make_root(root: Path) -> Path:
    """Make a source root with what belongs to it and what does not."""
    for name in (
        "train.py",
        "package/module.py",
        "with blank.txt",
        "naïve ☃.txt",
        "ignored/big.bin",
        ".zen/config.yaml",
        "__pycache__/train.pyc",
        ".venv/pyvenv.cfg",
        ".venv/lib/module.py",
        ".some_cache/CACHEDIR.TAG",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "link.py").symlink_to("train.py")
    (root / "run.sh").write_text("true")
    (root / "run.sh").chmod(0o755)
    return root


OWN = {
    "train.py",
    "package/module.py",
    "with blank.txt",
    "naïve ☃.txt",
    "link.py",
    "run.sh",
}
"""What belongs to it."""


def names(archive: Path) -> set[str]:
    """Return the names of what an archive holds."""
    with tarfile.open(archive) as tar:
        return set(tar.getnames())
