"""What the interpreter of another environment runs: files, which nothing imports."""

from pathlib import Path

OVERLAY, PREFLIGHT, PROBE, REACH = (
    str(Path(__file__).with_name(f"{name}.py"))
    for name in ("overlay", "preflight", "probe", "reach")
)
"""Their paths, as arguments for that interpreter."""
