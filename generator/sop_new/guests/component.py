"""Reads the options of a component as ZenML will: whether they are right, and where steps run.

Run by the Python of the environment that `sop-new try` makes, among a project's examples, never
imported, as probe.py. Its arguments are a file for its answer, and options as NAME=VALUE.
"""

from __future__ import annotations

import difflib
import json
import runpy
import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError


def configured(options: dict[str, str]) -> Any:
    """The component's configuration."""
    config: Any = runpy.run_path("register.py")["Flavor"]().config_class
    for name in options.keys() - config.model_fields:
        near = difflib.get_close_matches(name, config.model_fields, n=1)
        sys.exit(f"There is no option {name}{f': did you mean {near[0]}?' if near else '.'}")
    try:
        return config(**options)
    except ValidationError as error:
        # The value itself may be a secret.
        told = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        sys.exit(f"An option is wrong: {'; '.join(told)}")


if __name__ == "__main__":
    pairs = [option.partition("=") for option in sys.argv[2:]]
    config = configured({name.replace("-", "_"): value for name, _, value in pairs})
    Path(sys.argv[1]).write_text(json.dumps(bool(config.is_remote)))
