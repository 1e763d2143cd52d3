"""What the project's own tests are given, these are given, too."""

from test_engine import cluster, engine, home

__all__ = ["cluster", "engine", "home"]
