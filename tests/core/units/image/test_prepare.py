"""The images of steps, as ZenML's own compiler and builder make them."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import builds
import pipelines
import pytest
import zenml_acme
from zenml.client import Client
from zenml.config import DockerSettings
from zenml.enums import StackComponentType
from zenml.stack import StackComponent
from zenml_acme._core.environment import prepare as place
from zenml_acme._core.environment.packages import distribution

from tests.core.units.fake_engine import FakeEngine, use_fake_engine
from tests.core.units.fake_places import FakeImages

PACKAGE = Path(zenml_acme.__file__).parent


@dataclass
class Built:
    """What was built for the steps of a pipeline, and what is in one of the images."""

    images: dict[str, Any]
    folder: Path


def build(engine: FakeEngine, folder: Path, **settings: Any) -> Built:
    docker = DockerSettings(**settings)
    built: Any = builds.mixed.with_options(settings={"docker": docker}).build()
    image, *_ = built.images.values()
    assert isinstance(engine.place, FakeImages)
    engine.place.unpack(image.image, folder)
    return Built(built.images, folder)


@pytest.fixture(scope="module")
def built(stack: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """One build for many tests to look at."""
    with use_fake_engine(tmp_path_factory.mktemp("jobs")) as engine:
        yield build(engine, tmp_path_factory.mktemp("image"))


def test_images_are_built_for_the_steps_that_use_the_operator(built: Built) -> None:
    assert set(built.images) == {f"{name}.{place.KEY}" for name in ("named", "default")}


def test_no_image_is_built_where_no_step_uses_the_operator(engine: FakeEngine) -> None:
    assert builds.staying.build() is None


def test_a_step_without_a_name_belongs_to_the_default_operator_alone(
    stack: None,
) -> None:
    configs = [
        SimpleNamespace(step_operator=chosen, docker_settings=DockerSettings())
        for chosen in (True, "other", False, None)
    ]
    steps = {str(c.step_operator): SimpleNamespace(config=c) for c in configs}
    snapshot: Any = SimpleNamespace(step_configurations=steps)

    def names(component: str) -> list[str | None]:
        return [build.step_name for build in place.builds(snapshot, component)]

    assert names(pipelines.OPERATOR) == ["True"]
    assert names("other") == ["other"]


def test_an_image_holds_this_package_as_it_is_now(built: Built) -> None:
    for path in PACKAGE.rglob("*.py"):
        copy = built.folder / path.relative_to(PACKAGE.parent)
        assert copy.read_bytes() == path.read_bytes()


def test_this_package_is_found_in_an_image(built: Built) -> None:
    code = (
        "from importlib.metadata import distribution as find;"
        f"from {PACKAGE.name} import operator;"
        f"from {PACKAGE.name}._core.environment.packages import distribution;"
        "print(operator.__file__);"
        "print(distribution.on_index());"
        f"print(find('{PACKAGE.name}').locate_file(''))"
    )
    told = subprocess.run(
        (sys.executable, "-c", code),
        cwd=built.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    module, on_index, installed = told.stdout.splitlines()[-3:]
    assert module == str(built.folder / PACKAGE.name / "operator.py")
    assert on_index == "False"
    assert built.folder.samefile(built.folder / installed)


def test_bytecode_is_written_when_an_image_is_built(
    built: Built, engine: FakeEngine, tmp_path: Path
) -> None:
    chosen = build(engine, tmp_path, environment={"UV_COMPILE_BYTECODE": "0"})

    dockerfile = (built.folder / "Dockerfile").read_text()
    assert "ENV UV_COMPILE_BYTECODE='1'" in dockerfile
    assert "ENV UV_COMPILE_BYTECODE='0'" in (chosen.folder / "Dockerfile").read_text()


def test_a_package_from_an_index_is_installed_from_there(
    built: Built,
    engine: FakeEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(distribution, "on_index", lambda: True)

    indexed = build(engine, tmp_path)

    name = distribution.requirement()
    assert all(name in image.requirements for image in indexed.images.values())
    assert not (indexed.folder / PACKAGE.name).exists()
    assert all(name not in str(image.requirements) for image in built.images.values())


def test_a_package_that_is_no_text_says_what_to_do(
    stack: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribution, "files", lambda: {"library.so": b"\xff"})

    with pytest.raises(RuntimeError, match="install it from a package index"):
        builds.mixed.build()


def test_a_step_without_an_image_says_what_to_do(stack: None, tmp_path: Path) -> None:
    def get_image(key: str) -> str:
        raise KeyError(key)

    info: Any = SimpleNamespace(get_image=get_image, pipeline_step_name="late")
    options = place.StepEnvironment()

    with pytest.raises(RuntimeError, match=r"step late\b.*depends_on"):
        place.prepare(info, Client().active_stack, options, place.Machine(tmp_path))


@pytest.mark.parametrize(
    ("image", "credentials"),
    [
        ("registry.example.org/image@sha256:1", ("ada", "lovelace")),
        ("elsewhere.example.org/image:1", None),
    ],
)
def test_who_may_pull_an_image_is_known_for_the_stacks_own_registry(
    registry: StackComponent,
    tmp_path: Path,
    image: str,
    credentials: tuple[str, str] | None,
) -> None:
    info: Any = SimpleNamespace(get_image=lambda key: image)
    stack: Any = SimpleNamespace(container_registry=registry)

    prepared = place.prepare(info, stack, place.StepEnvironment(), place.Machine(tmp_path))

    assert (prepared.reference, prepared.credentials) == (image, credentials)
    assert "lovelace" not in repr(prepared)


@pytest.fixture(scope="module")
def registry(stack: None) -> StackComponent:
    """A container registry that asks for a password."""
    client = Client()
    client.create_secret("login", {"username": "ada", "password": "lovelace"})
    component = client.create_stack_component(
        name="registry",
        flavor="default",
        component_type=StackComponentType.CONTAINER_REGISTRY,
        configuration={"uri": "registry.example.org", "authentication_secret": "login"},
    )
    return StackComponent.from_model(component)
