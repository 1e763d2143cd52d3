"""Lets steps run on this ZenML also where ZenML takes their operator for a remote one.

ZenML refuses a stack of such an operator without a server that its engine can reach, and
without a registry for images (0.98, stack/stack.py). Here the engine is at hand, or what
stands in for it.
"""

from __future__ import annotations

import importlib
import os
from typing import Any, cast

from zenml.stack import Stack

cast(Any, Stack).requires_remote_server = False

if stand_in := os.environ.get("CONTRACT_STAND_IN"):
    importlib.import_module(stand_in)
