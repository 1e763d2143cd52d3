"""Steps of the backend ssh never run on the machine that starts the pipeline by mistake."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from zenml_acme._core.engine import Job
from zenml_acme._core.resources import validator_of
from zenml_acme.config import AcmeStepOperatorConfig as Config
from zenml_acme.engine import connect


def test_without_a_machine_nothing_runs(tmp_path: Path) -> None:
    engine = connect(Config(), tmp_path)

    with pytest.raises(RuntimeError, match=r"ssh_host is not set: .*--ssh_host=HOST"):
        engine.poll([])
    with pytest.raises(RuntimeError, match="ssh_host is not set"):
        engine.submit(cast(Job, SimpleNamespace(name="job")))
    assert not list(tmp_path.iterdir())


def test_nor_is_anything_built_for_it(tmp_path: Path) -> None:
    validator = validator_of(connect(Config(), tmp_path).needs)

    assert validator
    check: Any = validator._custom_validation_function
    is_valid, why = check(None)
    assert not is_valid
    assert "--ssh_host=HOST" in why


def test_with_one_there_is(tmp_path: Path) -> None:
    engine = connect(Config(ssh_host="other"), tmp_path)

    assert engine.honours == {"timeout"}
    assert not engine.needs
