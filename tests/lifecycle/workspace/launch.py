"""Runs a pipeline by its name, as a launcher that can be interrupted or killed."""

import faulthandler
import importlib
import json
import signal
import sys

if __name__ == "__main__":
    faulthandler.register(signal.SIGUSR1)
    module, name, marks, *settings = sys.argv[1:]
    pipeline = getattr(importlib.import_module(f"flows.{module}"), name)
    pipeline.with_options(settings=json.loads(*settings or ["{}"]))(marks)
