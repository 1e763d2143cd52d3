"""Where the fake engine's jobs run: on this machine, or in folders that stand for containers."""

from __future__ import annotations

import io
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from zenml_acme._core.engine import Host, Image, Job
from zenml_acme._core.environment.prepare import Runtime

if TYPE_CHECKING:
    from zenml.image_builders import BuildContext


class FakeHost:
    """This machine, as it is."""

    def enter(self, job: Job, home: Path) -> Sequence[str]:
        """Return the command that starts a job in its folder."""
        from zenml_acme._core.environment.job_folder import JobFolder

        return (sys.executable, *JobFolder(home).prepare(job))


class FakeImages:
    """The images that were built, by their names.

    An image is what ZenML hands to its image builder, unpacked; what the Dockerfile would install
    is taken from the tests' own environment.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        """Let ZenML's own image builder build here."""
        from zenml.image_builders import LocalImageBuilder

        self.images: dict[str, bytes] = {}

        def build(_: Any, image_name: str, build_context: BuildContext, **__: Any) -> str:
            with tempfile.NamedTemporaryFile() as file:
                build_context.write_archive(file)
                self.images[image_name] = file.read()
            return image_name

        patch.setattr(LocalImageBuilder, "build", build)

    def enter(self, job: Job, home: Path) -> Sequence[str]:
        """Unpack a job's image; return the command that starts the job in it."""
        assert isinstance(job.runtime, Image)
        self.unpack(job.runtime.reference, home)
        container = Path(__file__).parent / "image" / "container.py"
        return (sys.executable, str(container), *job.command)

    def unpack(self, image: str, folder: Path) -> None:
        """Write into a folder what `/app` of an image holds."""
        with tarfile.open(fileobj=io.BytesIO(self.images[image])) as tar:
            tar.extractall(folder)


def make_place(patch: pytest.MonkeyPatch) -> FakeHost | FakeImages:
    """Return the place that belongs to what the project runs steps in."""
    return FakeHost() if Runtime is Host else FakeImages(patch)
