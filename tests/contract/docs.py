"""Writes docs/contract.md from the contract's files, or checks that page."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from sop_new.check import catalogue
from sop_new.check.result import Check

from tests.template.rendering import REPOSITORY

PAGE = REPOSITORY / "docs" / "contract.md"

INTRODUCTION = """\
# The contract

What ZenML and its users may expect of a step operator, as checks that run. Each names a harm that a
user would see, and what to do about it; none is a matter of taste.

```sh
sop-new check zenml-acme                      # a project's folder, generated or not
sop-new check zenml_acme.flavor.AcmeFlavor    # any flavor, by its import path
sop-new check --explain SOP101                # what stands here about one check
```

Structure and config are looked at; for the other levels real pipelines run, on a ZenML that is
made for them and removed again. That takes about a minute on a machine with nothing else to do,
and a fifth of that without the pipelines: `--level structure --level config`. [How an operator is
checked](checking.md) says where its engine comes from, and what happens where something is missing.

A stand-in of an engine that the steps run on can be looked at, too: what others may read of its
jobs, as definitions, labels and descriptions, it appends as text to the file that the variable
`SOP_NEW_RECORDED_CALLS` names, and SOP407 sees that no secret is in it.

What an operator does not claim, or what this ZenML does not know, is skipped with the reason;
`--skip ID=REASON` leaves out what you have a reason for. A failure is *fatal* where nothing runs,
*serious* where steps, secrets or time are lost, and *minor* where somebody is misled.

This page is made from the checks by `make contract-docs`.
"""


def described(check: Check) -> Iterator[str]:
    yield f"\n### {check.id}\n"
    yield f"**{check.demands}** ({check.severity})\n"
    yield f"Why: {check.why}\n"
    yield f"What to do: {check.mend}"


def page() -> str:
    lines = [INTRODUCTION.rstrip()]
    level = ""
    for check in catalogue.checks():
        if check.level != level:
            level = check.level
            lines.append(f"\n## {level.capitalize()}")
        lines += described(check)
    return "\n".join(lines) + "\n"


def is_stale() -> bool:
    return not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page()


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    elif is_stale():
        sys.exit(f"{PAGE.name} does not show the checks as they are: `make contract-docs`")
