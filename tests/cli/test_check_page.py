"""The page that `sop-new check --html` writes."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from sop_new.check import catalogue
from sop_new.check.page import page
from sop_new.check.result import Finding, Report

HOSTILE = "<script>alert('&amp;')</script>\n<img src=x>"
FIRST, SECOND, THIRD, FOURTH = (
    Finding(**dict(check), outcome="passed", said="") for check in catalogue.checks()[:4]
)


class Read(HTMLParser):
    """What a browser makes of a page: its elements, where they lead, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("href", "src")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


@pytest.fixture
def report() -> Report:
    return Report(
        target=HOSTILE,
        source=f"acme.{HOSTILE}",
        python="python",
        zenml="0.98.0",
        passed=1,
        failed=1,
        skipped=2,
        unseen=1,
        checks=[
            FIRST,
            SECOND.model_copy(update={"outcome": "failed", "said": HOSTILE}),
            THIRD.model_copy(update={"outcome": "skipped", "said": HOSTILE, "lacks": HOSTILE}),
            FOURTH.model_copy(update={"outcome": "skipped", "said": "it has no secrets"}),
        ],
        next=[f"sop-new check '{HOSTILE}'"],
    )


@pytest.fixture
def read(report: Report) -> Read:
    return Read(page(report))


def test_it_tells_the_score_what_to_mend_what_was_not_seen_and_all_checks(
    report: Report, read: Read
) -> None:
    shown = " ".join(read.text.split())

    assert report.score in shown
    for word in (SECOND.demands, SECOND.why, SECOND.mend, "it has no secrets", *report.next):
        assert " ".join(word.split()) in shown
    for finding in report.checks:
        assert finding.id in shown
    assert re.findall(
        "pass|FAIL|not.seen|skip", shown[shown.index("All checks") :].replace("\xa0", " ")
    ) == ["pass", "FAIL", "not seen", "skip"]


def test_what_is_not_ours_is_text(read: Read) -> None:
    assert {"script", "img"}.isdisjoint(read.tags)
    assert read.text.count(HOSTILE) >= 6


def test_it_is_well_formed_and_needs_no_other_file(read: Read) -> None:
    assert read.open == []
    assert read.links == [f"#{SECOND.id}"]
    assert "link" not in read.tags


def test_it_is_light_or_dark_as_its_reader_is_used_to(report: Report) -> None:
    text = page(report)
    light, dark = re.findall(r":root \{(.*?)\}", text, re.DOTALL)

    assert "color-scheme: light dark" in light
    assert "prefers-color-scheme: dark" in text
    names = [set(re.findall(r"--\w+(?=:)", colours)) for colours in (light, dark)]
    assert names[0] == names[1] >= set(re.findall(r"var\((--\w+)\)", text))


def test_of_what_is_well_nothing_else_is_shown(report: Report) -> None:
    well = report.model_copy(update={"checks": [FIRST], "next": []})

    assert "What to mend" not in page(well)
    assert "Not looked at" not in page(well)
