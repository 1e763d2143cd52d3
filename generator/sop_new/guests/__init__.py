"""What the interpreter of another environment runs: files, which nothing imports."""

from pathlib import Path

COMPONENT, LODGING, OVERLAY, PREFLIGHT, PROBE, REACH, WARM_SERVER, WARM_SHIM = (
    str(Path(__file__).with_name(f"{name}.py"))
    for name in (
        *("component", "lodging", "overlay", "preflight"),
        *("probe", "reach", "warm_server", "warm_shim"),
    )
)
"""Their paths, as arguments for that interpreter."""
