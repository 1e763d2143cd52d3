"""What steps ask of the engine: real pipelines."""

from __future__ import annotations

import re

from .checks import check, plays, refuse_if
from .stage import Stage
from .workspace.flows.awkward import GPUS


@check(
    "SOP501",
    severity="serious",
    demands="A step that asks for half a cpu, 500 MB and no gpu runs.",
    why="These are fractions (ZenML 0.98, config/resource_settings.py): as whole cpus "
    "and GB they are 0, which engines refuse or take for all there is.",
    mend="Round up, memory in MiB; take 0 gpus for none.",
)
@plays("static.modest")
def test_small_demands_are_met(running: Stage) -> None:
    played = running.play("static.modest")
    refuse_if(
        played.run != "completed",
        f"the run: {played.status}; raised: {played.error}",
    )


@check(
    "SOP502",
    severity="serious",
    demands="Gpus that a step cannot get are not dropped in silence.",
    why="Without a word the step runs on the cpu, for days instead of hours: what a "
    "step asks for is a wish, which whoever runs it may pass over (ZenML 0.98, "
    "config/resource_settings.py).",
    mend="Refuse what the engine cannot give, or warn of it by name.",
)
@plays("static.greedy")
def test_gpus_are_not_dropped_in_silence(running: Stage) -> None:
    played = running.play("static.greedy")
    silent = played.run == "completed" and not re.search("gpu", played.said, re.I)
    refuse_if(silent, f"a step that asked for {GPUS} gpus ran, and nothing was said")
