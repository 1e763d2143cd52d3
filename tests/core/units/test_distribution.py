"""How this package got here, and what it consists of."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path
from types import SimpleNamespace

import pytest
import zenml_acme
from zenml_acme._core.environment.packages import distribution as own

PACKAGE = Path(zenml_acme.__file__).parent


def test_the_requirement_names_this_package_at_this_version() -> None:
    name, version = own.requirement().split("==")

    assert distribution(name).version == version
    assert name.replace("-", "_") == PACKAGE.name


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A distribution that depends on this and that."""
    plugin = SimpleNamespace(
        name="zz-own",
        version="1.2",
        requires=["zenml<1,>=0.84", "zenml[local]; extra == 'dev'", "zenml-zz>=2"],
        read_text=lambda name: None,
    )
    monkeypatch.setattr(own, "_installed", lambda: plugin)
    return plugin


def test_a_package_from_an_index_is_what_an_image_needs(
    installed: SimpleNamespace,
) -> None:
    assert own.image_requirements() == {"zz-own==1.2"}


def test_an_image_needs_what_a_package_on_no_index_depends_on(
    installed: SimpleNamespace,
) -> None:
    installed.read_text = lambda name: "{}" if name == "direct_url.json" else None

    assert own.image_requirements() == {"zenml-zz>=2"}


def test_its_files_are_its_code_and_its_metadata() -> None:
    files = own.files()

    for path in PACKAGE.rglob("*.py"):
        assert files.pop(path.relative_to(PACKAGE.parent).as_posix())
    assert f"{PACKAGE.name}/py.typed" in files
    assert f"{own.wheel_stem()}.dist-info/METADATA" in files
    assert not [name for name in files if "__pycache__" in name]


def test_a_package_that_is_not_installed_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "PACKAGE", tmp_path / "absent_package")

    with pytest.raises(RuntimeError, match=r"absent_package.*not installed"):
        own.requirement()
