"""The place where a step runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError
from zenml.client import Client
from zenml.config import DockerSettings
from zenml.config.global_config import GlobalConfiguration
from zenml.enums import StackComponentType
from zenml.stack import Stack
from zenml.utils import source_utils
from zenml_acme._core.engine import Host
from zenml_acme._core.environment import prepare as place
from zenml_acme._core.transport.machine import ThisMachine

from tests.core.units.host.source_roots import names


def prepare(folder: Path, stack: Stack | None = None, **options: Any) -> Host:
    config = SimpleNamespace(docker_settings=DockerSettings())
    info: Any = SimpleNamespace(config=config)
    stack = stack or Client().active_stack
    host: Host = place.prepare(info, stack, place.StepEnvironment(**options), ThisMachine(folder))
    return host


@pytest.fixture
def root(stack: None, tmp_path: Path) -> Iterator[Path]:
    """A source root with one file."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "train.py").touch()
    yield from use_root(root)


def use_root(root: Path) -> Iterator[Path]:
    before = source_utils.get_source_root()
    source_utils.set_custom_source_root(str(root))
    yield root
    source_utils.set_custom_source_root(before)


def test_a_step_runs_with_the_interpreter_that_started_its_pipeline(
    stack: None, tmp_path: Path
) -> None:
    host = prepare(tmp_path)

    assert host.python == Path(sys.executable)
    assert host.source.is_relative_to(tmp_path)


def test_an_interpreter_that_is_chosen_is_used_as_it_is(stack: None, tmp_path: Path) -> None:
    assert prepare(tmp_path, python="~/python").python == Path.home() / "python"


@pytest.mark.parametrize("wrong", [{"source_limit_mib": 0}, {"python": ""}])
def test_a_wrong_value_is_refused(wrong: dict[str, object]) -> None:
    (name,) = wrong

    with pytest.raises(ValidationError, match=name):
        place.StepEnvironment.model_validate(wrong)


@pytest.fixture
def local_stack(root: Path) -> Iterator[Stack]:
    """A stack whose artifacts lie inside the source root."""
    client, kind = Client(), StackComponentType.ARTIFACT_STORE
    store = client.create_stack_component(
        name="inside",
        flavor="local",
        component_type=kind,
        configuration={"path": str(root / "artifacts")},
    )
    components: Any = {StackComponentType.ORCHESTRATOR: "default", kind: store.name}
    created = client.create_stack(name="inside", components=components)
    yield Stack.from_model(client.get_stack(created.id))
    client.delete_stack(created.id)
    client.delete_stack_component(store.id, kind)


@pytest.mark.parametrize("in_git", [False, True])
def test_what_is_kept_on_disk_inside_the_source_root_is_no_code(
    in_git: bool, root: Path, local_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENML_CONFIG_PATH", str(root / "conf"))
    monkeypatch.setenv("ZENML_LOCAL_STORES_PATH", str(root / "deep" / "stores"))
    work = root / "deep" / "work"
    for run in range(3):
        for folder in ("conf", "deep/stores", "deep/work/jobs", "artifacts"):
            (root / folder).mkdir(parents=True, exist_ok=True)
            (root / folder / f"{run}.bin").write_text(str(run))
        if in_git:
            for command in (("init", "-q"), ("add", "-f", ".")):
                subprocess.run(("git", "-C", root, *command), check=True)

        assert names(prepare(work, local_stack).source) == {"train.py"}

    assert len(list((work / "sources").iterdir())) == 1


@pytest.mark.parametrize("inside", [".", "local_stores/default_zen_store"])
def test_a_root_among_zenmls_own_files_travels_without_them(
    inside: str, stack: None, tmp_path: Path
) -> None:
    root = Path(GlobalConfiguration().config_directory) / inside
    assert [path for path in root.iterdir() if path.suffix in (".yaml", ".db")]
    (root / "train.py").touch()

    for _ in use_root(root):
        assert names(prepare(tmp_path).source) == {"train.py"}


def test_a_root_inside_the_work_folder_travels(root: Path) -> None:
    assert names(prepare(root.parent).source) == {"train.py"}
