"""What runs the steps, where that is an image which is there already."""

import os
from typing import Any

from zenml.config import DockerSettings

IMAGE = os.environ.get("CONTRACT_IMAGE")

SETTINGS: Any = {"docker": DockerSettings(skip_build=True, parent_image=IMAGE)} if IMAGE else {}
"""Of all pipelines. Without an image, ZenML builds one where the operator asks for it."""
