"""Steps of the backend ssh never run on the machine that starts the pipeline by mistake."""

from pathlib import Path

import pytest
from zenml_acme.config import AcmeStepOperatorConfig as Config
from zenml_acme.engine import connect


def test_without_a_machine_there_is_no_engine(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"ssh_host is not set: .*--ssh_host=HOST"):
        connect(Config(), tmp_path)


def test_with_one_there_is(tmp_path: Path) -> None:
    assert connect(Config(ssh_host="other"), tmp_path).honours == {"timeout"}
