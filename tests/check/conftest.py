"""What the tests of `sop-new check` on real pipelines share with those of the command line."""

from tests.cli.conftest import here, python, settings

__all__ = ["here", "python", "settings"]
