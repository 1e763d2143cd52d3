"""Scenarios of a step's life, in real runs; written once, for any backend that runs steps.

They run in an environment that holds ZenML, pytest and the project under test:
`python -m pytest tests/core/lifecycle`. Its flavor is named by LIFECYCLE_FLAVOR.
"""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from backends import BACKEND, HOME, NAME, WORKDIR

for name in [name for name in os.environ if name.startswith("ZENML_")]:
    del os.environ[name]
os.environ["ZENML_CONFIG_PATH"] = f"{HOME}/zenml"
os.environ["ZENML_ANALYTICS_OPT_IN"] = "false"
os.environ["ZENML_DYNAMIC_PIPELINE_MONITORING_INTERVAL"] = "0.2"
if version("zenml").startswith("0.84."):
    # It stores logs in a thread that takes the log handler's lock away from others.
    os.environ["ZENML_DISABLE_PIPELINE_LOGS_STORAGE"] = "true"
    os.environ["ZENML_DISABLE_STEP_LOGS_STORAGE"] = "true"

FLAVOR = os.environ.get("LIFECYCLE_FLAVOR", "zenml_acme.flavor.AcmeStepOperatorFlavor")
ROOT = HOME / "a råot"
CANARY = "canary-in-the-environment"


collect_ignore_glob = [f"test_{each}*.py" for each in ("docker", "slurm") if each != NAME]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "once: no release of ZenML changes it, so one shows it")
    config.addinivalue_line("markers", "engine: also a real engine has to show it, beside local")
    shutil.copytree(Path(__file__).parent / "workspace", ROOT)
    os.environ["ZENML_REPOSITORY_PATH"] = str(ROOT)
    sys.path.insert(0, str(ROOT))


# Before the step operator does so, whose own farewell comes first then.
atexit.register(shutil.rmtree, HOME, ignore_errors=True)


@dataclass
class Run:
    """A pipeline run, as ZenML remembers it."""

    response: Any

    @property
    def status(self) -> str:
        return str(self.response.status.value)

    def step(self, name: str) -> Any:
        return self.response.steps[name]

    def output(self, step: str, name: str = "output") -> Any:
        output = self.step(step).outputs[name]
        return (output[0] if isinstance(output, list) else output).load()


@dataclass
class Launcher:
    """Another process, which runs a pipeline."""

    process: subprocess.Popen[str]
    log: Path
    mark: Path | None = None
    """What its step has left, if that waits."""

    def output(self) -> str:
        return self.log.read_text()

    def wait(self, seconds: float = 60) -> int:
        """Wait for its end; one that does not end has to say where each of its threads stands."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait()
            raise AssertionError(f"It did not end:\n{self.output()}") from None


class Zenml:
    """ZenML with the step operator in its active stack."""

    python = sys.executable
    running = staticmethod(BACKEND.engine.running)
    remains = staticmethod(BACKEND.engine.remains)

    def is_alive(self, launcher: Launcher) -> bool:
        """Whether a launcher's step still waits."""
        assert launcher.mark
        return BACKEND.engine.is_alive(launcher.mark)

    def last_run(self) -> Run:
        from zenml.client import Client

        found = Client().list_pipeline_runs(sort_by="desc:created", size=1).items[0]
        return Run(Client().get_pipeline_run(found.id))

    def last_steps(self, count: int = 1) -> list[Any]:
        from zenml.client import Client

        found = Client().list_run_steps(sort_by="desc:created", size=count).items
        return [Client().get_run_step(step.id) for step in found]

    @property
    def operator(self) -> Any:
        from zenml.client import Client

        return Client().active_stack.step_operator

    def phase(self, step_run: Any) -> str:
        """What the engine says of a step's job."""
        operator = self.operator
        # Its package may bear another name.
        handle = sys.modules[f"{type(operator).__module__.partition('.')[0]}._core.engine"].Handle
        name = f"zenml-{step_run.id}"
        return str(operator.engine.poll([handle(name)])[name].phase.value)

    def start(self, *arguments: str, folder: Path = ROOT) -> Launcher:
        """Start Python elsewhere; what it prints goes to a file."""
        log = Path(tempfile.mkstemp(dir=HOME, suffix=".log")[1])
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=os.environ | {"PYTHONFAULTHANDLER": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log.open("w"),
            stderr=subprocess.STDOUT,
            text=True,
            # Whoever started these tests in a shell's background lets them ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        return Launcher(process, log)

    def start_waiting(self, module: str, marks: Path, **settings: Any) -> Launcher:
        """Start a run whose step waits, and let it come so far."""
        launcher = self.start("launch.py", module, "waiting", str(marks), json.dumps(settings))
        wait_for(lambda: list(marks.iterdir()) or launcher.process.poll() is not None)
        assert list(marks.iterdir()), launcher.output()
        [launcher.mark] = marks.iterdir()
        return launcher

    def run(self, *arguments: str, folder: Path = ROOT) -> Run:
        """Run Python elsewhere, to a good end."""
        launcher = self.start(*arguments, folder=folder)
        assert launcher.wait(120) == 0, launcher.output()
        return self.last_run()


@pytest.fixture(scope="session")
def zenml() -> Zenml:
    from zenml.client import Client
    from zenml.enums import StackComponentType
    from zenml.utils import source_utils

    source_utils.set_custom_source_root(str(ROOT))
    client = Client()
    operator = StackComponentType.STEP_OPERATOR
    flavor = client.create_flavor(source=FLAVOR, component_type=operator)
    for name in ("first", "second"):
        client.create_stack_component(
            name=name,
            flavor=flavor.name,
            component_type=operator,
            configuration={"workdir": f"{WORKDIR}/{name}", **BACKEND.options},
        )
    default = {
        StackComponentType.ORCHESTRATOR: "default",
        StackComponentType.ARTIFACT_STORE: "default",
    }
    client.create_stack(name="one operator", components={**default, operator: "first"})
    client.activate_stack("one operator")
    return Zenml()


@pytest.fixture
def marks() -> Path:
    """Where steps leave their marks, in files named after their hosts and processes."""
    return Path(tempfile.mkdtemp(dir=HOME, prefix="marks "))


@pytest.fixture
def operators(zenml: Zenml, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The step operators that steps were submitted to, by the names of both."""
    operator = type(zenml.operator)
    submit, told = operator.submit, {}

    def tell(self: Any, info: Any, **others: Any) -> None:
        told[info.pipeline_step_name] = self.name
        submit(self, info, **others)

    monkeypatch.setattr(operator, "submit", tell)
    return told


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
    return value


@pytest.fixture
def two_operators(zenml: Zenml) -> Iterator[None]:
    """A stack with two step operators, the first of them the default one."""
    from zenml.client import Client
    from zenml.enums import StackComponentType

    client = Client()
    if not client.list_stacks(name="two operators").total:
        client.create_stack(
            name="two operators",
            components={
                StackComponentType.ORCHESTRATOR: "default",
                StackComponentType.ARTIFACT_STORE: "default",
                StackComponentType.STEP_OPERATOR: ["first", "second"],
            },
        )
    client.activate_stack("two operators")
    yield
    client.activate_stack("one operator")
