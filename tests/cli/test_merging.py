"""A merge of three folders looks at what is in their files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sop_new.projects import scratch
from sop_new.update.merging import Change, merge


def folder(place: Path, text: str) -> Path:
    """A folder with a file that is as old as any other one."""
    place.mkdir()
    (place / "answers.yml").write_text(text)
    os.utime(place / "answers.yml", (1_000_000_000, 1_000_000_000))
    return place


def test_a_file_of_the_same_size_and_age_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Git takes it for unchanged; with its usual settings only if a file system gives it the
    # number of the one that was there before.
    monkeypatch.setitem(scratch.SETTINGS, "core.checkStat", "minimal")
    before, mine = folder(tmp_path / "before", "1.0.0\n"), folder(tmp_path / "mine", "1.0.0\n")
    after = folder(tmp_path / "after", "1.0.1\n")
    (tmp_path / "room").mkdir()

    merged = merge(before, mine, ["answers.yml"], after, tmp_path / "room")

    assert merged.changes == [Change("answers.yml", "changed")]
    assert (merged.folder / "answers.yml").read_text() == "1.0.1\n"
