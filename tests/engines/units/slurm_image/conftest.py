"""What the project's own tests are given, these are given, too."""

from test_engine import engine, home, slurm

__all__ = ["engine", "home", "slurm"]
