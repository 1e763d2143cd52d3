"""A report as one page, which a browser shows without anything else."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from sop_new.check.result import Report


def page(report: Report) -> str:
    """A report in HTML: what to mend, what was not looked at, and all checks."""
    from jinja2 import Environment, StrictUndefined

    jinja = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = jinja.from_string(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
    day = datetime.now(timezone.utc).date().isoformat()
    return template.render(report=report, day=day) + "\n"
