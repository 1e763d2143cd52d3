"""Dynamic pipelines, for ZenML versions that know them."""

from zenml import pipeline

from . import steps
from .image import SETTINGS


# Images are built for the steps that it names.
@pipeline(dynamic=True, depends_on=[steps.mark], settings=SETTINGS)
def concurrent(marks: str) -> None:
    """Run two steps at once."""
    for ended in [steps.mark.submit(marks) for _ in range(2)]:
        ended.result()
