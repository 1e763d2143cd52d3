"""What a step imports when it needs it, and reads from a file beside it."""

from pathlib import Path


def told() -> str:
    """Return the words in that file."""
    return Path(__file__).with_name("words.txt").read_text(encoding="utf-8").strip()
