"""Runs a pipeline by its name, as a launcher that can be interrupted or killed."""

import importlib
import json
import sys

if __name__ == "__main__":
    module, name, marks, *settings = sys.argv[1:]
    pipeline = getattr(importlib.import_module(f"flows.{module}"), name)
    pipeline.with_options(settings=json.loads(*settings or ["{}"]))(marks)
