"""Where real pipelines run: a throwaway ZenML, used by processes of its own.

Nothing of it is left when it is closed: neither its folder nor a process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from .launcher import Launcher, Played, wait_for
from .watch import Watch
from .workspace.flows import awkward

WORKSPACE = Path(__file__).with_name("workspace")

PATIENCE = float(os.environ.get("CONTRACT_PATIENCE", "600"))
"""How long the first pipeline may take, in seconds; the others get less."""

SOON_SECONDS = min(35, PATIENCE / 3)
"""How long a step may take to end; Kubernetes, for one, gives it half a minute."""

AT_ONCE = int(os.environ.get("CONTRACT_AT_ONCE") or min(4, (os.cpu_count() or 1) + 1))
"""How many pipelines run side by side: most of them wait for something now and then."""

QUIET_SECONDS = 3
"""How long a running step may leave its mark as it is, at most."""


class Closed(Exception):  # noqa: N818 - it is none
    """Nothing is begun any more."""


@dataclass
class Stage:
    """The throwaway ZenML, with the step operator in its active stack.

    What happens on it is a scene: a task of a launcher, or a function of the stage. Each
    happens once, and several side by side.
    """

    source: str
    flavor: str
    configuration: dict[str, Any]
    remote: bool
    """Whether ZenML would demand a registry and an artifact store that is no folder."""
    folder: Path = field(
        default_factory=lambda: Path(tempfile.mkdtemp(prefix="contract-")).resolve()
    )
    token: str = field(default_factory=lambda: f"contract-{uuid4().hex}")
    """By this variable every process is known that belongs to it."""
    key: str = field(default_factory=lambda: f"canary-{uuid4().hex}")
    """A secret that is handed over to each step."""

    def __post_init__(self) -> None:
        """Make the folder's content."""
        shutil.copytree(
            WORKSPACE,
            self.root,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        self.temporary.mkdir()
        self.texts = {"CONTRACT_TEXT": awkward.TEXT}
        self.refusal = ""
        """What was said of a step that was handed them, if it did not run."""
        self.launchers: list[Launcher] = []
        self._scenes: dict[Scene, Future[Any]] = {}
        self._played: dict[str, Played] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._own = threading.local()
        self._closed = False
        # What is printed and published is ZenML's to keep.
        self.watch = Watch(self.folder, self.stores, self.token, self.key)
        self.watch.__enter__()
        self.limit = PATIENCE
        self.step_seconds = PATIENCE
        """How long a step takes from its submission to its end."""

    @property
    def root(self) -> Path:
        """The source root."""
        return self.folder / "root"

    @property
    def stores(self) -> Path:
        """ZenML's database, and what steps return."""
        return self.folder / "zenml" / "local_stores"

    @property
    def temporary(self) -> Path:
        """What launchers have for temporary files."""
        return self.folder / "tmp"

    def begin(self, *scenes: Scene) -> None:
        """Let scenes happen, as soon as there is a launcher for them."""
        for scene in scenes:
            if scene not in self._scenes:
                self._scenes[scene] = self._pool.submit(self._happen, scene)

    def see(self, scene: Scene) -> Any:
        """Return what comes of a scene."""
        self.begin(scene)
        return self._scenes[scene].result()

    def play(self, task: str) -> Played:
        """Return what comes of a task."""
        played: Played = self.see(task)
        return played

    def play_again(self, task: str) -> Played:
        """Let a launcher do a task once more."""
        self._scenes.pop(task, None)
        return self.play(task)

    @property
    def played(self) -> dict[str, Played]:
        """What came of all tasks, once every scene that was begun has ended."""
        wait(self._scenes.values())
        return dict(self._played)

    def do(self, task: str, limit: float | None = None) -> Played:
        """Let this thread's launcher do a task now."""
        launcher: Launcher | None = getattr(self._own, "launcher", None)
        if not launcher or not launcher.runs:
            launcher = self._own.launcher = self.launch()
        launcher.ask_for(task)
        self._played[task] = launcher.answer(task, limit or self.limit)
        return self._played[task]

    def _happen(self, scene: Scene) -> Any:
        return self.do(scene) if isinstance(scene, str) else scene(self)

    def do_without_texts(self, task: str) -> Played:
        """Do a task again; no step is handed a text any more that is hard to pass on."""
        self.texts = {}
        self.end_launchers()
        return self.play_again(task)

    def launch(self) -> Launcher:
        """Start another launcher."""
        from .zenml_at_hand import LOGS

        if self._closed:
            raise Closed
        folder = Path(tempfile.mkdtemp(dir=self.folder, prefix="launcher-"))
        plan = folder / "plan.json"
        plan.touch(mode=0o600)
        variables = {
            "CONTRACT_TOKEN": self.token,
            "CONTRACT_KEY": self.key,
            **self.texts,
        }
        if self.remote:
            # With such a store, it would not matter.
            variables["ZENML_LOCAL_STORES_PATH"] = str(self.stores)
        content = {
            "source": self.source,
            "flavor": self.flavor,
            "configuration": self.configuration,
            "variables": variables,
        }
        plan.write_text(json.dumps(content), encoding="utf-8")
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ZENML_")}
        process = subprocess.Popen(
            [sys.executable, "launch.py", str(plan)],
            cwd=self.root,
            env=kept
            | LOGS
            | {
                "CONTRACT_TOKEN": self.token,
                "TMPDIR": str(self.temporary),
                "ZENML_CONFIG_PATH": str(self.stores.parent),
                "ZENML_REPOSITORY_PATH": str(self.root),
                "ZENML_ANALYTICS_OPT_IN": "false",
                "ZENML_SKIP_STACK_VALIDATION": str(self.remote),
                "ZENML_DYNAMIC_PIPELINE_MONITORING_INTERVAL": "0.2",
            },
            stdin=subprocess.PIPE,
            stdout=(folder / "log").open("wb"),
            stderr=subprocess.STDOUT,
            text=True,
            # Ctrl-C in a terminal is for whoever tests, who ends it then.
            start_new_session=True,
        )
        launcher = Launcher(process, folder)
        self.launchers.append(launcher)
        return launcher

    def start(self, task: str) -> tuple[Launcher, Path | None]:
        """Let a launcher of its own run a step that waits; returns the step's mark."""
        launcher = self.launch()
        launcher.ask_for(task)

        def mark() -> Path | None:
            marks = launcher.marks(task)
            return next(marks.iterdir(), None) if marks else None

        wait_for(lambda: mark() or not launcher.runs, self.limit)
        return launcher, mark()

    def end_launchers(self) -> None:
        """End all launchers; another scene starts one anew."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Launcher.end, self.launchers))

    def close(self) -> None:
        """End what still runs, and remove the folder."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.end_launchers()
        self.watch.__exit__()
        for process in self.watch.processes():
            with suppress(Exception):
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


Scene = str | Callable[[Stage], Any]


def is_renewed(mark: Path) -> bool:
    """Tell whether the step that leaves this mark still runs."""
    before = mark.read_text(encoding="utf-8")
    return wait_for(lambda: mark.read_text(encoding="utf-8") != before, QUIET_SECONDS)
