"""Makes an environment that sees all that can be imported here, without copying it.

Run by the Python of the environment that a flavor lives in, never imported, as preflight.py. Runs
as `python overlay.py FOLDER`.
"""

from __future__ import annotations

import sys
import venv
from pathlib import Path

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    venv.create(folder, symlinks=True)
    [packages] = folder.glob("lib/python*/site-packages")
    # As folders of packages, and not as mere paths: what is installed as editable is found by a
    # .pth file there. The first path is this file's own.
    see = [f"import site; site.addsitedir({path!r})" for path in sys.path[1:]]
    (packages / "base.pth").write_text("\n".join(see), encoding="utf-8")
