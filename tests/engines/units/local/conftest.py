"""What the project's own tests are given, these are given, too."""

from test_engine import engine, host

__all__ = ["engine", "host"]
