"""Pipelines that only some of their steps need images for."""

from pipelines import OPERATOR
from zenml import pipeline, step


@step
def stays() -> None:
    """Run beside the pipeline."""


@step(step_operator=OPERATOR)
def named() -> None:
    """Run on the step operator of this name."""


@step(step_operator=True)
def default() -> None:
    """Run on the stack's step operator."""


@pipeline
def mixed() -> None:
    """Run some steps on the step operator."""
    stays()
    named()
    default()


@pipeline
def staying() -> None:
    """Run no step on the step operator."""
    stays()
