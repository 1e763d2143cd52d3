"""Where a step runs: its code, its packages, its environment variables."""
