"""How the contract's checks fail, and are skipped."""

from __future__ import annotations

from typing import Any

import pytest
from sop_new.contract.checks import lacking, refuse_if, refuse_if_uncallable


class Dated:
    """Written for other releases of ZenML."""

    def launch(self, info: object, entrypoint_command: object) -> None: ...

    def get_docker_builds(self, deployment: object) -> None: ...


@pytest.mark.parametrize(
    ("method", "given", "release"),
    [
        ("launch", ["info", "entrypoint_command", "environment"], "ZenML before 0.37"),
        ("get_docker_builds", ["snapshot"], "ZenML before 0.90"),
    ],
)
def test_a_signature_of_another_release_is_told_so(
    method: str, given: list[str], release: str
) -> None:
    with pytest.raises(pytest.fail.Exception, match=f"this is how {release} calls it"):
        refuse_if_uncallable(getattr(Dated, method), **dict.fromkeys(given))


def test_a_finding_may_weigh_less_than_its_check() -> None:
    with pytest.raises(pytest.fail.Exception) as refused:
        refuse_if(True, "seen", severity="minor")
    error: Any = refused.value
    assert error.severity == "minor"


def test_what_is_lacking_is_a_skip_with_a_remedy() -> None:
    with pytest.raises(pytest.skip.Exception, match="no configuration") as skipped:
        lacking("no configuration", "--config FILE")
    error: Any = skipped.value
    assert error.remedy == "--config FILE"
