"""What a target of `sop-new check` is: a class, or a project that is to be looked through."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

from sop_new.errors import Code, SopNewError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAPERS = ("pyproject.toml", "setup.py", "setup.cfg")
"""What makes a folder one that a wheel can be built of."""


def project_of(target: str) -> Path | None:
    """The project's folder that a target is; None if it is an import path.

    Raises:
        SopNewError: it is neither, or a folder of which no wheel can be built.
    """
    folder = Path(target)
    if not folder.is_dir():
        if all(part.isidentifier() for part in target.split(".")) and "." in target:
            return None
        raise SopNewError(
            Code.TARGET_UNUSABLE,
            f"{target} is neither a folder nor the import path of a class.",
            "Name a project's folder, or a class as in zenml_acme.flavor.AcmeStepOperatorFlavor.",
        )
    if not any((folder / paper).is_file() for paper in PAPERS):
        what = f"{target} is no Python project: it has no {', '.join(PAPERS[:-1])} or {PAPERS[-1]}."
    elif not _is_package(folder):
        what = f"{target} is a workspace of projects, and none itself."
    else:
        return folder.resolve()
    members = [
        str(paper.parent)
        for pattern in ("*/pyproject.toml", "*/*/pyproject.toml")
        for paper in sorted(folder.glob(pattern))
        if not paper.relative_to(folder).parts[0].startswith(".")
    ]
    hint = (
        f"Name one of them: {', '.join(map(shlex.quote, members))}"
        if members
        else "Name a flavor's class instead, as in zenml_acme.flavor.AcmeStepOperatorFlavor."
    )
    raise SopNewError(Code.NOT_A_PROJECT, what, hint)


def _is_package(folder: Path) -> bool:
    """Whether its papers are those of something that can be built; broken ones are."""
    if any((folder / paper).is_file() for paper in PAPERS[1:]):
        return True
    try:
        content: dict[str, Any] = tomllib.loads((folder / PAPERS[0]).read_text(encoding="utf-8"))
    except ValueError:
        return True
    poetry = content.get("tool", {}).get("poetry")
    return bool(poetry) or not {"project", "build-system"}.isdisjoint(content)


def interpreter(wished: str | None, project: Path | None) -> str:
    """An interpreter's absolute path, links not followed: they tell which environment it is of.

    Args:
        wished: the one that was named; else it is that of the project's `.venv`, if there is one,
            or of the active environment.
        project: the project's folder, if the target is one.

    Raises:
        SopNewError: there is none.
    """
    active = os.environ.get("VIRTUAL_ENV")
    default = str(Path(active, "bin", "python")) if active else sys.executable
    own = project / ".venv" / "bin" / "python" if project else None
    if own and own.exists():
        default = str(own)
    found = shutil.which(wished or default)
    if not found:
        raise SopNewError(
            Code.PYTHON_UNUSABLE,
            f"There is no interpreter {wished or default}.",
            "Name the one of the flavor's environment: --python .venv/bin/python",
        )
    return str(Path(found).absolute())
