"""The rules that keep the template's own files plain."""

import ast
import re
from pathlib import Path, PurePath

import pytest

from tests.template.rendering import REPOSITORY, template_files

SOURCES = [path for path in template_files() if path.parts[0] == "template"]
PYTHON_TEMPLATES = [path for path in SOURCES if path.name.endswith(".py.jinja")]
PLAIN_PYTHON = [path for path in SOURCES if path.suffix == ".py"]

WINDOWS_FORBIDS = re.compile(r'[<>:"\\|?*\x00-\x1f]|[. ]$')
WINDOWS_RESERVES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def read(path: PurePath) -> str:
    return Path(REPOSITORY, path).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_names_are_legal_on_windows(path: PurePath) -> None:
    for part in path.parts:
        assert not WINDOWS_FORBIDS.search(part)
        assert not WINDOWS_RESERVES.fullmatch(part)


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_lines_end_with_lf(path: PurePath) -> None:
    assert b"\r" not in Path(REPOSITORY, path).read_bytes()


@pytest.mark.parametrize("path", PYTHON_TEMPLATES, ids=str)
def test_python_with_substitutions_has_no_branches(path: PurePath) -> None:
    assert "{%" not in read(path)
    assert "{{" in read(path), "nothing varies in it: drop the suffix .jinja"


@pytest.mark.parametrize("path", PLAIN_PYTHON, ids=str)
def test_python_that_does_not_vary_is_valid_in_place(path: PurePath) -> None:
    ast.parse(read(path))
    assert not re.search(r"\{\{(?!secret[.])|\{%|\{#", read(path))


def test_copier_needs_no_trust() -> None:
    settings = read(Path("copier.yml"))
    assert not re.search(r"^_(tasks|migrations|jinja_extensions):", settings, re.MULTILINE)
