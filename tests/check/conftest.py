"""What the tests of `sop-new check` share with those of the command line."""

from tests.cli.conftest import clone, here, installed, python, settings, shared, sop_new, wheels

__all__ = ["clone", "here", "installed", "python", "settings", "shared", "sop_new", "wheels"]
