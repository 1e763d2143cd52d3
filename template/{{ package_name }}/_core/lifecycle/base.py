"""The operator's base class: a step's life after its job is made, in ZenML's terms."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from zenml.client import Client
from zenml.enums import ExecutionStatus
from zenml.step_operators import BaseStepOperator

from ..engine import Engine, Job, JobState, job_name
from ..environment import prepare
from ..environment.packages.distribution import image_requirements
from ..environment.variables import step_variables
from ..environment.workdir import work_folder
from ..options import CommonComponentOptions, CommonStepOptions
from ..resources import Resources, acquired, refuse_or_warn
from . import interrupts
from .masking import Mask
from .metadata import publish
from .polling import Poller
from .reconciling import Reconciler
from .waiting import StepFailedError, wait_for_end

if TYPE_CHECKING:
    from zenml.config.build_configuration import BuildConfiguration
    from zenml.config.step_configurations import StepConfiguration
    from zenml.config.step_run_info import StepRunInfo
    from zenml.models import StepRunResponse
    from zenml.step_operators.step_operator_entrypoint_configuration import (
        StepOperatorEntrypointConfiguration,
    )

logger = logging.getLogger(__name__)

FRESH_SECONDS = 0.1
"""How old an answer of the engine may be for who waits for one step."""

SWEEP_SECONDS = 1
"""And for ZenML's monitor, which asks for all steps in turn."""


class EngineStepOperator(BaseStepOperator):
    """Follows each step's job on the engine from its submission to its end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what ZenML gives, and listen for signals.

        Here, since steps of dynamic pipelines are submitted from threads, where signals
        cannot be listened to.
        """
        super().__init__(*args, **kwargs)
        self._details: dict[UUID, Mapping[str, str]] = {}
        interrupts.watch_this_process()

    def __repr__(self) -> str:
        """Show no configuration: ZenML's version prints its secrets (ZenML 0.98)."""
        return f"{type(self).__name__}(name={self.name!r})"

    @property
    @abstractmethod
    def engine(self) -> Engine:
        """The compute system that runs the jobs."""

    @cached_property
    def workdir(self) -> Path:
        """The folder for what jobs need on disk; it is there, for us alone."""
        return work_folder(self._options.workdir)

    @property
    def entrypoint_config_class(self) -> type[StepOperatorEntrypointConfiguration]:
        """Class that runs the step on the other side."""
        return prepare.entrypoint_class()

    @property
    def requirements(self) -> set[str]:
        """What an image of the stack must hold.

        ZenML knows the requirements of its own components only: without this, images
        are built that cannot import this class (ZenML 0.98, stack/stack_component.py).
        """
        return image_requirements()

    def get_docker_builds(
        self, snapshot: Any = None, deployment: Any = None
    ) -> list[BuildConfiguration]:
        """Declare the images that steps of a pipeline need.

        ZenML before 0.90 calls the compiled pipeline a deployment.
        """
        return prepare.builds(snapshot or deployment, self.name)

    def environment_variables(
        self, info: StepRunInfo, environment: Mapping[str, str]
    ) -> dict[str, str]:
        """Return all environment variables of a step; they hold secrets."""
        stack = Client().active_stack
        return step_variables(info.config.docker_settings, environment, stack)

    def job_labels(self, info: StepRunInfo) -> dict[str, str]:
        """Return what an administrator finds a step's job by."""
        return {
            "pipeline": info.pipeline.name,
            "run": info.run_name,
            "step": info.pipeline_step_name,
        }

    def refuse_or_warn(
        self, resources: Resources, info: StepRunInfo, settings: CommonStepOptions
    ) -> None:
        """Speak up about what a step asks for and does not get.

        Raises:
            UnsupportedError: If its settings say so.
        """
        unsupported = resources.beyond(self.engine.honours | acquired(info))
        unsupported += prepare.unsupported(info.config.docker_settings)
        refuse_or_warn(unsupported, settings.on_unsupported)

    def submit_job(self, job: Job, info: StepRunInfo) -> None:
        """Hand a step's job over to the engine; if that fails, no job is left.

        Raises:
            RuntimeError: If the engine refuses it.
            InterruptedError: If a signal came meanwhile.
        """
        self._mask.learn(job.name, job.environment)
        interrupts.add(
            job.name,
            cancel=partial(self.engine.cancel, job.name),
            finish=partial(self._finish, info),
        )
        try:
            with self._mask.errors():
                self.engine.submit(job)
            if not interrupts.is_here(job.name):
                raise InterruptedError("The step was cancelled while it was submitted.")
        except BaseException as error:
            # The engine may have accepted the job before it failed to say so.
            self._try_to_cancel(job.name)
            if isinstance(error, NotImplementedError):
                # ZenML would take it as the wish to be called through `launch()`.
                raise RuntimeError(str(error)) from error
            raise

    def wait(self, step_run: StepRunResponse) -> ExecutionStatus:
        """Wait for a step's end and return its status.

        Raises:
            StepFailedError: If the job ended and the step could not say why.
            RuntimeError: If the engine does not answer any more.
        """
        return self._follow(step_run.id, step_run.config)

    def wait_for_success(self, info: StepRunInfo) -> None:
        """Wait for a step's end.

        Raises:
            StepFailedError: If the step did not succeed.
            RuntimeError: If the engine does not answer any more.
        """
        status = self._follow(info.step_run_id, info.config)
        if status != ExecutionStatus.COMPLETED:
            told = Client().get_run_step(info.step_run_id).exception_info
            # All that ZenML before 0.94 keeps of an exception is its traceback.
            why = told.traceback.strip().splitlines()[-1] if told else status.value
            raise StepFailedError(f"Step {info.pipeline_step_name} failed: {why}")

    def get_status(self, step_run: StepRunResponse) -> ExecutionStatus:
        """Return the status of a step.

        An engine that cannot be asked is an exception, and ZenML asks again: saying
        FAILED instead would end the step.
        """
        if other := self._other_operator(step_run):
            return other.get_status(step_run)
        status, why = self._status(step_run.id, step_run.config, SWEEP_SECONDS)
        if why:
            logger.error("%s", why)
        return status

    def cancel(self, step_run: StepRunResponse) -> None:
        """End a step's job."""
        if other := self._other_operator(step_run):
            other.cancel(step_run)
            return
        name = job_name(step_run.id)
        self.engine.cancel(name)
        interrupts.discard(name)

    def cleanup_step_submission(self, step_run: StepRunResponse) -> None:
        """Remove what a step's job left behind."""
        if other := self._other_operator(step_run):
            other.cleanup_step_submission(step_run)
            return
        self._clean_up(step_run.id)

    def _other_operator(self, step_run: StepRunResponse) -> BaseStepOperator | None:
        """Return the operator that runs a step, if it is not this one.

        For a dynamic run, ZenML asks the stack's default operator, whichever one the
        step names (ZenML 0.98, execution/pipeline/dynamic/runner.py).
        """
        if step_run.config.uses_step_operator(self.name):
            return None
        named = str(step_run.config.step_operator)
        others = getattr(Client().active_stack, "step_operators", {})
        if named not in others:
            raise RuntimeError(
                f"Step {step_run.name} runs on {named!r}, which is no step operator of "
                "the active stack: activate the stack that it was started on."
            )
        return cast(BaseStepOperator, others[named])

    def _follow(self, step_run_id: UUID, config: StepConfiguration) -> ExecutionStatus:
        """Wait for a step's end; no job is left alone if that fails."""
        try:
            status = wait_for_end(
                lambda: self._status(step_run_id, config, FRESH_SECONDS),
                self._options.unreachable_seconds,
                self._mask,
            )
        except BaseException:
            # ZenML cancels nothing when a static run is interrupted (ZenML 0.98).
            self._try_to_cancel(job_name(step_run_id))
            raise
        finally:
            if not hasattr(BaseStepOperator, "cleanup_step_submission"):
                # ZenML before 0.96 does not ask for it.
                self._try_to_clean_up(step_run_id)
        return status

    def _status(
        self, step_run_id: UUID, config: StepConfiguration, max_age: float
    ) -> tuple[ExecutionStatus, str]:
        state = self._poller.state(job_name(step_run_id), max_age)
        self._details[step_run_id] = state.details
        return self._reconciler.status(step_run_id, config, state)

    def _finish(self, info: StepRunInfo) -> None:
        """Clean up after a step that has told ZenML its end, which nobody asked for."""
        said = Client().get_run_step(info.step_run_id, hydrate=False).status
        if said == ExecutionStatus.COMPLETED:
            self._follow(info.step_run_id, info.config)
        if said.is_finished:
            self._clean_up(info.step_run_id)

    def _clean_up(self, step_run_id: UUID) -> None:
        publish(step_run_id, self.id, self._details.pop(step_run_id, {}))
        said = Client().get_run_step(step_run_id, hydrate=False).status
        if said == ExecutionStatus.COMPLETED or not self._options.keep_failed:
            self.engine.remove(job_name(step_run_id))
        interrupts.discard(job_name(step_run_id))

    def _poll(self, names: Sequence[str]) -> Mapping[str, JobState]:
        with self._mask.errors():
            return self.engine.poll(names)

    def _try_to_clean_up(self, step_run_id: UUID) -> None:
        try:
            self._clean_up(step_run_id)
        except Exception as error:
            logger.warning("A job's remains are left: %s", self._mask(error))

    def _try_to_cancel(self, name: str) -> None:
        try:
            self.engine.cancel(name)
            interrupts.discard(name)
        except Exception as error:
            logger.warning("Job %s may still run: %s", name, self._mask(error))

    @property
    def _options(self) -> CommonComponentOptions:
        return cast(CommonComponentOptions, self._config)

    @cached_property
    def _mask(self) -> Mask:
        return Mask(self._config)

    @cached_property
    def _poller(self) -> Poller:
        return Poller(self._poll)

    @cached_property
    def _reconciler(self) -> Reconciler:
        return Reconciler(lambda name, lines: self.engine.logs(name, lines), self._mask)
