"""What several tests of the host need."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65534


@pytest.fixture
def ordinary_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A source root of a user who may not read everything, as whom the test is run."""
    home = Path(tempfile.mkdtemp(prefix="ordinary-"))
    root = home / "root"
    root.mkdir()
    (root / "train.py").write_text("train")
    monkeypatch.setenv("HOME", str(home))
    me = os.geteuid()
    for path in (home, root, root / "train.py"):
        os.chown(path, me or NOBODY, -1)
    os.seteuid(me or NOBODY)
    try:
        yield root
    finally:
        os.seteuid(me)
        for folder in (path for path in home.rglob("*") if path.is_dir()):
            folder.chmod(0o700)
        shutil.rmtree(home)
