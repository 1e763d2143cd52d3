"""Where installed packages came from, and can be had again."""

from __future__ import annotations

import json
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest
from zenml_acme._core.environment.packages.requirements import line_for

EDITABLE = {"url": "file:///a%20checkout", "dir_info": {"editable": True}}
GIT = {
    "url": "https://host/some.git",
    "vcs_info": {"vcs": "git", "commit_id": "abc"},
}
LINES: list[tuple[dict[str, Any], str]] = [
    ({}, "some-package==1.0"),
    (EDITABLE, "-e file:///a%20checkout"),
    (GIT, "some-package @ git+https://host/some.git@abc"),
    (
        GIT | {"subdirectory": "sub"},
        "some-package @ git+https://host/some.git@abc#subdirectory=sub",
    ),
    (
        {"url": "https://host/some.whl", "archive_info": {}},
        "some-package @ https://host/some.whl",
    ),
    ({"url": "file:///", "dir_info": {}}, "some-package @ file:///"),
    # What conda leaves: a folder on the machine that built the package.
    ({"url": "file:///built/by/conda", "dir_info": {}}, "some-package==1.0"),
]


@pytest.mark.parametrize(("origin", "line"), LINES)
def test_a_package_is_installed_again_from_where_it_came(
    tmp_path: Path, origin: dict[str, Any], line: str
) -> None:
    metadata = "Metadata-Version: 2.1\nName: some-package\nVersion: 1.0\n"
    (tmp_path / "METADATA").write_text(metadata)
    if origin:
        (tmp_path / "direct_url.json").write_text(json.dumps(origin))

    assert line_for(Distribution.at(tmp_path)) == line
