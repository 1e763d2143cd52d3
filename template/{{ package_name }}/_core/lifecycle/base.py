"""The operator's base class: a step's life after its job is made, in ZenML's terms."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Mapping
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
from ..environment.variables import chosen_variables, step_variables
from ..options import CommonComponentOptions, CommonStepOptions
from ..resources import (
    Resources,
    UnsupportedError,
    acquired,
    refuse_or_warn,
    validator_of,
)
from ..usage import unused
from . import interrupts
from .jobs import Jobs
from .masking import Mask
from .metadata import exception_of, other_operator, publish, published
from .reconciling import Reconciler
from .waiting import LEFT_ALONE, Status, StepFailedError, wait_for_end

if TYPE_CHECKING:
    from zenml.config.build_configuration import BuildConfiguration
    from zenml.config.step_run_info import StepRunInfo
    from zenml.models import StepRunResponse
    from zenml.stack import StackValidator
    from zenml.step_operators.step_operator_entrypoint_configuration import (
        StepOperatorEntrypointConfiguration,
    )

    Step = StepRunResponse | StepRunInfo

logger = logging.getLogger(__name__)

FRESH_SECONDS, SWEEP_SECONDS = 0.1, 1
"""How old an answer of the engine may be for who waits for one step, and for ZenML's
monitor, which asks for all steps in turn."""


class EngineStepOperator(BaseStepOperator):
    """Follows each step's job on the engine from its submission to its end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what ZenML gives, and listen for signals.

        Here, since steps of dynamic pipelines are submitted from threads, where signals
        cannot be listened to.
        """
        super().__init__(*args, **kwargs)
        interrupts.watch_this_process()

    def __repr__(self) -> str:
        """Show no configuration: ZenML's version prints its secrets (ZenML 0.98)."""
        return f"{type(self).__name__}(name={self.name!r})"

    @property
    @abstractmethod
    def engine(self) -> Engine:
        """The compute system that runs the jobs."""

    @property
    def validator(self) -> StackValidator | None:
        """What a stack must have besides, before anything is built or submitted."""
        return validator_of(self._engine.needs)

    @cached_property
    def machine(self) -> prepare.Machine:
        """Where the engine is asked, and steps are prepared."""
        return prepare.machine_of(self._options)

    @property
    def workdir(self) -> Path:
        """The folder for what jobs need on disk; it is there, for us alone."""
        return self.machine.folder

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
        """Return all environment variables of a step; they hold secrets.

        Raises:
            ValueError: If one of them is none that a process can have.
        """
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
            UnsupportedError: If its settings say so, or exclude each other.
        """
        is_command = bool(getattr(info.config, "command", None))
        if why := settings.refusal(resources, is_command):
            raise UnsupportedError(f"Step {info.pipeline_step_name}: {why}.")
        honoured = self._engine.honours | acquired(info)
        unsupported = resources.beyond(honoured)
        if settings.timeout_seconds and "timeout" not in honoured:
            unsupported.append(f"timeout_seconds={settings.timeout_seconds}")
        unsupported += prepare.unsupported(info.config.docker_settings)
        refuse_or_warn(unsupported, settings.on_unsupported)

    def submit_job(self, job: Job, info: StepRunInfo) -> None:
        """Hand a step's job over to the engine; if that fails, no job is left.

        Raises:
            RuntimeError: If the engine refuses it.
            InterruptedError: If a signal came meanwhile.
        """
        docker_settings = info.config.docker_settings
        self._mask.learn(job.name, job.environment, chosen_variables(docker_settings))
        end, finish = self._jobs.end, partial(self._finish, info)
        interrupts.add(job.name, end=end, finish=finish)
        try:
            self._jobs.submit(job)
            if not interrupts.is_here(job.name):
                raise InterruptedError("The step was cancelled while it was submitted.")
        except BaseException as error:
            # The engine may have accepted the job before it failed to say so. If it
            # cannot be told now, who waits for the error has to hear it.
            self._try_to_end(job.name, insist=False)
            if isinstance(error, NotImplementedError):
                # ZenML would take it as the wish to be called through `launch()`.
                raise RuntimeError(str(error)) from error
            raise
        # At once: whoever comes after a crash finds the job by it.
        publish(info.step_run_id, self.id, self._jobs.news(job.name), info)

    def wait(self, step_run: StepRunResponse) -> ExecutionStatus:
        """Wait for a step's end and return its status.

        Raises:
            StepFailedError: If the job ended and the step could not say why.
            UnreachableError: If the engine does not answer any more.
        """
        return self._follow(step_run)

    def wait_for_success(self, info: StepRunInfo) -> None:
        """Wait for a step's end.

        Raises:
            StepFailedError: If the step did not succeed.
            UnreachableError: If the engine does not answer any more.
        """
        status = self._follow(info)
        if status != ExecutionStatus.COMPLETED:
            why = exception_of(info.step_run_id) or status.value
            raise StepFailedError(f"Step {info.pipeline_step_name} failed: {why}")

    def get_status(self, step_run: StepRunResponse) -> ExecutionStatus:
        """Return the status of a step.

        An engine that cannot be asked is an exception, and ZenML asks again: saying
        FAILED instead would end the step.
        """
        if other := other_operator(step_run, self.name):
            return other.get_status(step_run)
        status, why = self._status(step_run, SWEEP_SECONDS)
        if why:
            logger.error("%s", why)
        return status

    def cancel(self, step_run: StepRunResponse) -> None:
        """End a step's job, and see that it has ended.

        Raises:
            RuntimeError: If it does not end, or the engine cannot be told.
        """
        if other := other_operator(step_run, self.name):
            other.cancel(step_run)
            return
        self._jobs.end([self._job(step_run)])
        interrupts.discard(job_name(step_run.id))

    def cleanup_step_submission(self, step_run: StepRunResponse) -> None:
        """Remove what a step's job left behind."""
        if other := other_operator(step_run, self.name):
            other.cleanup_step_submission(step_run)
            return
        self._clean_up(step_run)

    def _job(self, step: Step) -> str:
        """Return the name of a step's job, with what it is found by in mind."""
        name = job_name(_id_of(step))
        if not self._jobs.details(name):
            self._jobs.learn(name, published(step))
        return name

    def _follow(self, step: Step) -> ExecutionStatus:
        """Wait for a step's end; no job is left alone if that fails."""
        try:
            return wait_for_end(
                lambda: self._status(step, FRESH_SECONDS),
                lambda: self._last_status(step),
                self._options.unreachable_seconds,
                self._mask,
            )
        except LEFT_ALONE:
            raise
        except BaseException:
            # ZenML cancels nothing when a static run is interrupted (ZenML 0.98).
            self._try_to_end(job_name(_id_of(step)))
            raise
        finally:
            if not hasattr(BaseStepOperator, "cleanup_step_submission"):
                # ZenML before 0.96 does not ask for it.
                self._clean_up(step)

    def _status(self, step: Step, max_age: float) -> Status:
        state = self._jobs.state(self._job(step), max_age)
        return self._reconcile(step, state)

    def _last_status(self, step: Step) -> Status | None:
        """Return how a step ended by its own word, or by what its job has left."""
        if told := self._reconciler.told_by_step(_id_of(step), "the step failed"):
            return told
        try:
            return self._reconcile(step, self._jobs.state_alone(self._job(step)))
        except Exception:
            return None

    def _reconcile(self, step: Step, state: JobState) -> Status:
        def pending_limit() -> float | None:
            settings = cast(CommonStepOptions, self.get_settings(step))
            return settings.pending_timeout_seconds

        return self._reconciler.status(_id_of(step), step.config, state, pending_limit)

    def _finish(self, info: StepRunInfo) -> None:
        """Clean up after a step that has told ZenML its end, which nobody asked for."""
        said = Client().get_run_step(info.step_run_id, hydrate=False).status
        if said == ExecutionStatus.COMPLETED:
            self._follow(info)
        if said.is_finished:
            self._clean_up(info)

    def _clean_up(self, step: Step) -> None:
        """Remove what a job left; no step fails by that."""
        step_run_id = _id_of(step)
        name = job_name(step_run_id)
        asked = Resources.of(step.config.resource_settings)
        if wasted := ", ".join(unused(self._jobs.details(name), asked)):
            logger.warning("Step run %s has used only %s.", step_run_id, wasted)
        publish(step_run_id, self.id, self._jobs.news(name))
        try:
            said = Client().get_run_step(step_run_id, hydrate=False).status
            if said == ExecutionStatus.COMPLETED or (
                # One that was left alone, with the engine out of reach, needs it.
                not self._options.keep_failed and not self._jobs.is_alive(name)
            ):
                self._jobs.remove(name)
        except Exception as error:
            logger.warning("A job's remains are left: %s", self._mask(error))
        self._jobs.forget(name)
        interrupts.discard(name)

    def _try_to_end(self, name: str, insist: bool = True) -> None:
        try:
            self._jobs.end([name], insist)
            interrupts.discard(name)
        except Exception as error:
            logger.warning("%s", self._mask(error))

    @property
    def _options(self) -> CommonComponentOptions:
        return cast(CommonComponentOptions, self._config)

    @property
    def _engine(self) -> Engine:
        return self.machine.engine(self.engine)

    @cached_property
    def _mask(self) -> Mask:
        return Mask(self._config)

    @cached_property
    def _jobs(self) -> Jobs:
        return Jobs(lambda: self._engine, self._mask, self._options.grace_seconds)

    @cached_property
    def _reconciler(self) -> Reconciler:
        return Reconciler(self._jobs, self._options.lost_seconds)


def _id_of(step: Any) -> UUID:
    return cast(UUID, getattr(step, "step_run_id", None) or step.id)
