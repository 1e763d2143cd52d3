"""Runs a pipeline by its name, as a launcher that can be interrupted or killed."""

import importlib
import sys

if __name__ == "__main__":
    module, name, marks = sys.argv[1:]
    getattr(importlib.import_module(f"flows.{module}"), name)(marks)
