"""`sop-new try` on real projects: one run whose artifacts are read back, one whose step raises."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from rich.text import Text
from sop_new.errors import Code
from sop_new.printing import Failure, Result
from sop_new.projects.stubs import Stub, stubs_of
from sop_new.tryout.result import Trial

from tests.cli.conftest import Shared
from tests.cli.sop_new_runs import Ran, contents, program, run, succeed, uv

# While one process tries a project for most of a minute, the others had better not wait for it.
pytestmark = pytest.mark.xdist_group("try")

LEFT_ALONE = "active_stack_id: somebody-elses\n"


@dataclass(frozen=True)
class Tried:
    """A folder with a project in it, and what `sop-new try` said of it."""

    folder: Path
    ran: Ran

    @property
    def project(self) -> Path:
        return self.folder / "zenml-acme"


def create(folder: Path, backend: str = "local") -> Path:
    """A project as generated, with a ZenML root of the user's in its examples."""
    succeed(*program(), "zenml-acme", "--backend", backend, folder=folder)
    root = folder / "zenml-acme" / "examples" / ".zen"
    root.mkdir()
    (root / "config.yaml").write_text(LEFT_ALONE)
    return folder / "zenml-acme"


def attempt(folder: Path, **variables: str) -> None:
    """Try the project of a folder, among things that must not matter, and note what happened."""
    (folder / "tmp").mkdir()
    (folder / "poison").mkdir()
    (folder / "poison" / "zenml.py").write_text("raise RuntimeError('PYTHONPATH was used')")
    shutil.copytree(folder / "zenml-acme", folder / "before")
    ran = run(
        *(*program(), "try", "zenml-acme", "--json"),
        folder=folder,
        TMPDIR=str(folder / "tmp"),
        PYTHONPATH=str(folder / "poison"),
        ZENML_CONFIG_PATH=str(folder / "users-zenml"),
        ZENML_STORE_URL="https://users.example.org",
        ZENML_ACTIVE_STACK_ID="00000000-0000-0000-0000-000000000000",
        **variables,
    )
    (folder / "ran.json").write_text(json.dumps(asdict(ran)))


def tried(folder: Path) -> Tried:
    return Tried(folder, Ran(**json.loads((folder / "ran.json").read_text())))


@pytest.fixture(scope="session")
def good(shared: Shared) -> Tried:
    """A project as it is generated."""

    def make(folder: Path) -> None:
        create(folder)
        attempt(folder)

    return tried(shared("try-good", make))


@pytest.fixture(scope="session")
def bad(shared: Shared) -> Tried:
    """A project whose example step raises."""

    def make(folder: Path) -> None:
        pipeline = create(folder) / "examples" / "pipeline.py"
        raising = pipeline.read_text().replace(
            "    inside = sum(", '    raise RuntimeError("the flux is [out]")\n    inside = sum('
        )
        assert "flux" in raising
        pipeline.write_text(raising)
        attempt(folder)

    return tried(shared("try-bad", make))


@pytest.fixture(scope="session")
def unwritten(shared: Shared) -> Tried:
    """A project whose engine is still to be written."""

    def make(folder: Path) -> None:
        create(folder, backend="blank")
        attempt(folder)

    return tried(shared("try-unwritten", make))


def shown(result: Result) -> list[str]:
    """The lines that a person sees of an answer."""
    return [str(part) for part in result.parts() if isinstance(part, Text)]


@pytest.fixture(scope="session")
def unreached(shared: Shared) -> Tried:
    """A project for Slurm, on a machine without Slurm's clients."""

    def make(folder: Path) -> None:
        create(folder, backend="slurm")
        (folder / "bin").mkdir()
        (folder / "bin" / "uv").symlink_to(uv())
        attempt(folder, PATH=str(folder / "bin"))

    return tried(shared("try-unreached", make))


@pytest.fixture
def trial(good: Tried) -> Trial:
    assert good.ran.status == 0, good.ran.stdout + good.ran.stderr
    return Trial.model_validate_json(good.ran.stdout)


def test_the_values_of_the_step_are_read_back(trial: Trial) -> None:
    [step] = trial.run.steps
    values = {output.name: output.value for output in step.outputs}

    assert (trial.run.status, step.status) == ("completed", "completed")
    assert values["pi"] == pytest.approx(3.14, abs=0.05)
    assert step.seconds is not None
    assert step.seconds > 0
    assert step.error is None


def test_the_steps_job_is_told(trial: Trial) -> None:
    [step] = trial.run.steps

    assert list(step.job) == ["process_group"]
    assert f"    job: process_group {step.job['process_group']}" in shown(trial)


def test_the_end_of_the_steps_log_is_shown(trial: Trial) -> None:
    [step] = trial.run.steps

    assert re.fullmatch(r"\d+ of 1000000 points are inside the circle.", step.log[-1])
    assert f"    │ {step.log[-1]}" in shown(trial)


def test_the_step_ran_in_another_process_than_its_launcher(trial: Trial) -> None:
    [step] = trial.run.steps
    [process_id] = [output.value for output in step.outputs if output.name == "process_id"]

    assert isinstance(process_id, int)
    assert process_id != trial.launcher_process_id


def test_every_phase_has_its_time_and_is_told_while_it_lasts(good: Tried, trial: Trial) -> None:
    assert len(trial.phases) == 7
    assert all(phase.seconds > 0 for phase in trial.phases)
    assert [line.split("  ")[-1] for line in good.ran.stderr.splitlines()] == [
        phase.name for phase in trial.phases
    ]


@pytest.mark.parametrize("outcome", ["good", "bad"])
def test_the_project_is_left_as_it_was(request: pytest.FixtureRequest, outcome: str) -> None:
    result: Tried = request.getfixturevalue(outcome)

    assert contents(result.project) == contents(result.folder / "before")
    assert sorted(result.project.rglob("*")) == [
        result.project / path.relative_to(result.folder / "before")
        for path in sorted((result.folder / "before").rglob("*"))
    ]


@pytest.mark.parametrize("outcome", ["good", "bad"])
def test_nothing_is_left_behind_and_the_users_zenml_is_not_touched(
    request: pytest.FixtureRequest, outcome: str
) -> None:
    result: Tried = request.getfixturevalue(outcome)

    assert not list((result.folder / "tmp").iterdir())
    assert not (result.folder / "users-zenml").exists()


def test_what_the_step_raised_reaches_the_user(bad: Tried) -> None:
    told = Failure.model_validate_json(bad.ran.stdout)

    assert (told.code, bad.ran.status) == (Code.TRY_FAILED.label, 1)
    assert "Run the example pipeline" in told.message
    assert told.message.endswith("step estimate_pi: RuntimeError: the flux is [out]")
    assert told.output
    assert "sop-new try zenml-acme" in told.hint


def test_a_blank_project_says_which_methods_are_missing_before_anything_is_made(
    unwritten: Tried,
) -> None:
    told = Failure.model_validate_json(unwritten.ran.stdout)

    assert told.message == (
        "zenml_acme/engine/client.py is still to be written:"
        " submit(), poll(), cancel(), logs(), remove()."
    )
    assert "poll: What has become of these jobs?" in told.output
    assert "pytest tests/engine_contract" in told.hint
    assert unwritten.ran.stderr == ""
    assert unwritten.ran.status == 1


def test_a_method_that_is_half_written_is_still_missing(tmp_path: Path) -> None:
    client = create(tmp_path, backend="blank") / "zenml_acme" / "engine" / "client.py"
    own = (
        '"""The owner\'s."""\n'
        "class Engine:\n"
        "    def submit(self, job): return {}\n"
        "    def poll(self, jobs): raise NotImplementedError\n"
    )
    client.write_text(own)

    assert stubs_of(tmp_path / "zenml-acme") == [Stub("zenml_acme/engine/client.py", "poll", "")]


def test_a_missing_engine_is_told_in_a_line_before_anything_is_run(unreached: Tried) -> None:
    told = Failure.model_validate_json(unreached.ran.stdout)

    assert told.message == (
        "“Reach the engine” failed: SlurmError: There is no squeue on PATH: install Slurm's clients"
        " (Debian's package slurm-client), or start pipelines on a login node."
    )
    assert told.output == []
    assert unreached.ran.status == 1


@pytest.mark.parametrize("has_uv", [True, False])
def test_a_project_that_cannot_be_built_fails_with_the_reason_of_the_build(
    tmp_path: Path, has_uv: bool
) -> None:
    project = create(tmp_path)
    (project / "zenml_acme" / "__init__.py").write_text("")  # where the version is read from
    folders = os.environ["PATH"].split(os.pathsep)
    without = [folder for folder in folders if not Path(folder, "uv").exists()]
    path = [str(Path(uv()).parent), *folders] if has_uv else without
    ran = run(*program(), "try", "zenml-acme", folder=tmp_path, PATH=os.pathsep.join(path))

    assert ran.status == 1
    [told] = [line for line in ran.stderr.splitlines() if line.startswith("Error: ")]
    assert told.startswith("Error: “Build the project's wheel” failed: ValueError: ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "There is nothing to try."),
        (("zenml-acme", "--backend", "local"), "A project has its backend."),
        (("--backend", "local", "--option", "nice"), "--option nice is no option of a step"),
        (("--backend", "lcoal"), "Did you mean local? --backend local"),
        (("--backend", "blank"), "is still to be written: submit()"),
    ],
)
def test_what_cannot_be_tried_is_told_at_once(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "tmp").mkdir()
    ran = run(*program(), "try", *arguments, folder=tmp_path, TMPDIR=str(tmp_path / "tmp"))

    assert ran.status in (1, 2)
    assert told in " ".join(ran.stderr.split())
    assert not list((tmp_path / "tmp").iterdir())


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("keep_dyas=3", "There is no option keep_dyas: did you mean keep_days?"),
        ("nice=twenty", "An option is wrong: nice: Input should be a valid integer"),
        ("python=/nowhere/python", "/nowhere/python"),
    ],
)
def test_options_reach_the_step_operator_of_a_throwaway_project(
    tmp_path: Path, option: str, told: str
) -> None:
    (tmp_path / "tmp").mkdir()
    arguments = ("--backend", "local", "--option", option)
    ran = run(*program(), "try", *arguments, folder=tmp_path, TMPDIR=str(tmp_path / "tmp"))

    assert ran.status == 1
    [error] = [line for line in ran.stderr.splitlines() if line.startswith("Error: ")]
    assert told in error
    assert ran.stderr.rstrip().endswith(f"sop-new try --backend local --option {option}")
    assert not list((tmp_path / "tmp").iterdir())


def test_a_throwaway_project_runs_the_example_and_tells_how_to_have_one(tmp_path: Path) -> None:
    told = succeed(*program(), "try", "--backend", "local", "-o", "nice=5", folder=tmp_path)

    assert "step estimate_pi: completed" in told
    assert told.rstrip().endswith("sop-new zenml-acme --backend local")


def test_a_project_whose_examples_take_no_options_says_so(tmp_path: Path) -> None:
    register = create(tmp_path) / "examples" / "register.py"
    register.write_text("from zenml.client import Client\n")
    ran = run(*program(), "try", "zenml-acme", "-o", "nice=5", folder=tmp_path)

    assert ran.status == 1
    assert "examples/register.py takes no options." in " ".join(ran.stderr.split())
