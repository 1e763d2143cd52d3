"""Whose ZenML a trial uses whose steps run on another machine."""

from pathlib import Path

import pytest
from sop_new.errors import Code, SopNewError
from sop_new.tryout.server import own_server

SERVER = "active_stack_id: x\nstore:\n  type: rest\n  url: https://zenml.example.org/\n"
LOCAL = "store:\n  type: sql\n  url: sqlite:////home/somebody/zenml.db\n"


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ZENML_STORE_URL", "ZENML_STORE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "users-zenml"
    folder.mkdir()
    monkeypatch.setenv("ZENML_CONFIG_PATH", str(folder))
    return folder


def test_the_users_configuration_names_it_and_is_copied_with_its_credentials_alone(
    configuration: Path, tmp_path: Path
) -> None:
    (configuration / "config.yaml").write_text(SERVER)
    (configuration / "credentials.yaml").write_text("token: secret\n")
    (configuration / "local_stores").mkdir()
    server = own_server()
    server.connect(tmp_path / "zenml")

    assert server.url == "https://zenml.example.org"
    assert server.variables == {}
    assert {path.name for path in (tmp_path / "zenml").iterdir()} == {
        "config.yaml",
        "credentials.yaml",
    }
    assert (tmp_path / "zenml").stat().st_mode & 0o077 == 0


def test_variables_come_first_and_are_handed_on_unseen(
    configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (configuration / "config.yaml").write_text(SERVER)
    monkeypatch.setenv("ZENML_STORE_URL", "https://other.example.org")
    monkeypatch.setenv("ZENML_STORE_API_KEY", "secret")
    monkeypatch.setenv("ZENML_ACTIVE_STACK_ID", "of another one")
    server = own_server()
    server.connect(tmp_path / "zenml")

    assert server.url == "https://other.example.org"
    assert server.variables["ZENML_STORE_API_KEY"] == "secret"
    assert "ZENML_ACTIVE_STACK_ID" not in server.variables
    assert "secret" not in repr(server)
    assert not list((tmp_path / "zenml").iterdir())


@pytest.mark.parametrize("content", [LOCAL, "", "store: [", "store: x", None])
def test_without_one_the_user_is_told_how_to_connect(
    configuration: Path, content: str | None
) -> None:
    if content is not None:
        (configuration / "config.yaml").write_text(content)

    with pytest.raises(SopNewError) as error:
        own_server()

    assert error.value.code is Code.TRY_FAILED
    assert "another machine" in error.value.message
    assert "zenml login" in error.value.hint
