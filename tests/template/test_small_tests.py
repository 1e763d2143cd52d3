"""A project's own tests are few: what its owner has to read, and to keep."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.template.projects import KINDS
from tests.template.rendering import read_files, render

FILES, LINES = 6, 700


@pytest.mark.parametrize("kind", KINDS)
def test_the_tests_that_are_the_owners_are_short(
    kind: str, template_folder: Path, tmp_path: Path
) -> None:
    tests = owners_tests(read_files(render(template_folder, tmp_path / "project", KINDS[kind])))

    assert len(tests) <= FILES, sorted(tests)
    lines = {path: content.count(b"\n") for path, content in tests.items()}
    assert sum(lines.values()) <= LINES, lines


def owners_tests(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {
        path: content
        for path, content in files.items()
        if path.startswith("tests/") and not path.startswith("tests/contract/")
    }
