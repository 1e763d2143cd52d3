"""What the tests of `sop-new try`, which takes its time, share with those of the command line."""

from tests.cli.conftest import settings, shared

__all__ = ["settings", "shared"]
