"""Engines that do not answer, and a store that takes nothing: real pipelines."""

from __future__ import annotations

from typing import Any

import pytest

from .checks import check, needs_submit, overrides, plays, refuse_if
from .scenes import ENDED, Orphan, Unnoted, is_cut_off, orphaned, unnoted
from .stage import Stage
from .zenml_at_hand import needs_status

IN_ANOTHER_WAY = "it asks its engine neither over a connection nor by a program"


@pytest.fixture(scope="module")
def unheard(orphan: Orphan) -> Orphan:
    """A step that was asked about while its engine did not answer."""
    if not is_cut_off(orphan.unheard_status):
        pytest.skip(IN_ANOTHER_WAY)
    return orphan


@check(
    "SOP331",
    severity="serious",
    demands="An engine that does not answer is no end of a step.",
    why="A job outlives a restart of its engine, and a network that fails for a minute. ZenML "
    "asks again when `get_status` raises, and fails the step when it says FAILED (ZenML 0.94 "
    "and later; in 0.98, execution/pipeline/dynamic/runner.py, _monitoring_loop).",
    mend="Let `get_status` raise what the engine's client raises, and look at the exit code of "
    "a program before what it has printed.",
)
@plays(orphaned, submits=True)
@needs_status
def test_no_answer_is_no_end(unheard: Orphan) -> None:
    said = unheard.unheard_status.value
    refuse_if(
        said in ENDED,
        f"a step runs, each connection is refused, each program fails, and it says {said}",
    )


@check(
    "SOP332",
    severity="serious",
    demands="`cancel` raises when the engine refuses.",
    why="ZenML takes a `cancel` that returns for one that was heard, and logs one that raises: "
    "the job goes on, and nobody knows (ZenML 0.94 and later; in 0.98, "
    "execution/pipeline/dynamic/runner.py, _stop_isolated_step).",
    mend="Let the client's exception pass, and look at the exit codes of programs.",
)
@plays(orphaned, submits=True)
@needs_status
def test_a_refused_cancel_is_told(unheard: Orphan, operator_class: Any) -> None:
    if not overrides(operator_class, "cancel"):
        pytest.skip("it cannot cancel: see SOP119")
    cancel = unheard.unheard_cancel
    if cancel.ended and not cancel.met:
        pytest.skip(IN_ANOTHER_WAY)
    refuse_if(
        cancel.ended and not cancel.raised and unheard.outlived,
        "each connection is refused, each program fails, it returns, and the step goes on",
    )


@check(
    "SOP333",
    severity="serious",
    demands="`wait` outlives an engine that does not answer for a second.",
    why="The step fails, or its job is cancelled, although nothing is wrong with it. ZenML's own "
    "`wait` takes what `get_status` raises for no answer, and asks again (ZenML 0.94 and "
    "later; in 0.98, step_operators/base_step_operator.py, wait).",
    mend="Catch what the engine's client raises, wait and ask again, for some minutes.",
)
@plays("static.marking@troubled", submits=True)
@needs_status
def test_waiting_outlives_a_fault(running: Stage, operator_class: Any) -> None:
    needs_submit(operator_class)
    played = running.play("static.marking@troubled")
    if not played.met and played.ended:
        pytest.skip(IN_ANOTHER_WAY)
    refuse_if(
        played.run != "completed",
        f"the engine did not answer for a second; the run: {played.status}; {played.error}",
    )


@check(
    "SOP336",
    severity="serious",
    demands="A job that cannot be noted down is ended.",
    why="What a job is found by is kept as metadata by many. Where ZenML's store refuses it, "
    "`submit` fails and so does the step: nobody finds the job any more, and it runs on "
    "(ZenML 0.98, orchestrators/publish_utils.py, publish_step_run_metadata).",
    mend="Cancel the job before the exception leaves `submit`; or name it after the step run's "
    "id, so that it can be found without.",
)
@plays(unnoted, submits=True)
@needs_status
def test_what_cannot_be_noted_is_ended(running: Stage, operator_class: Any) -> None:
    needs_submit(operator_class)
    found: Unnoted = running.see(unnoted)
    played = found.played
    if not played.ended:
        pytest.skip("`submit` does not return: see SOP319")
    if not played.met:
        pytest.skip("it notes nothing down when it submits a step")
    seen = f"ZenML's store refused its metadata; the run: {played.status}; {played.error}"
    refuse_if(found.goes_on, f"the job goes on; {seen}")
    refuse_if(played.returned and played.run != "completed", f"the job was left; {seen}")
