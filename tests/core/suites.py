"""The unit tests of the core, and the projects that they are run on: one of each runtime.

What does not depend on the runtime is run on a host alone.
"""

from tests.template.rendering import REPOSITORY

UNITS = REPOSITORY / "tests" / "core" / "units"

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "local": (str(UNITS), f"--ignore={UNITS / 'image'}"),
    "blank-image": (str(UNITS / "image"), str(UNITS / "test_base.py")),
}
"""What pytest is given on a project of a kind."""
