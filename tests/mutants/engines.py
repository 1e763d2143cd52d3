"""Broken engines, each of which fails one check of the engine contract.

The good one is that of the backend `local`, made to have what it lacks: a queue, a way to be out of
reach, and something to show.
"""

from dataclasses import dataclass

from tests.mutants.edits import Edit, Mutant

CLIENT, STEP, PORT = "engine/client.py", "engine/options.py", "_core/engine.py"
FOLDER, BOOTSTRAP = "_core/environment/job_folder.py", "_core/environment/bootstrap.py"

FACTS = """
from pathlib import Path

QUEUED = {"held": True}
UNREACHABLE = {"AWAY": "1"}
RESOURCES = ("cpus=1.5", "memory=700")


def show(name, details):
    return Path(details["shown"]).read_text()
"""

GOOD = (
    Edit(STEP, "    nice: int = Field(", "    held: bool = False\n    nice: int = Field("),
    Edit(
        CLIENT,
        "            arguments = folder.prepare(job)\n",
        "            arguments = folder.prepare(job)\n"
        "            shown = folder.path / 'shown'\n"
        "            asked = job.resources\n"
        "            shown.write_text(f'cpus={asked.cpus} memory={asked.memory}')\n"
        "            if job.options.held:\n"
        "                (folder.path / 'held').touch()\n"
        "                return {}\n",
    ),
    Edit(
        CLIENT,
        '        return {"process_group": str(process.pid)}\n',
        '        details = {"process_group": str(process.pid), "shown": str(shown)}\n'
        "        return details\n",
    ),
    Edit(
        CLIENT,
        "        # All that have ended are buried by it.\n",
        "        if 'AWAY' in os.environ:\n"
        "            raise ConnectionError('it is away')\n"
        "        # All that have ended are buried by it.\n",
    ),
    Edit(
        CLIENT,
        "    if folder.is_alive:\n",
        "    if (folder.path / 'held').exists() and not folder.is_cancelled:\n"
        "        return JobState(Phase.PENDING, reason='it is held')\n"
        "    if folder.is_alive:\n",
    ),
)


@dataclass(frozen=True)
class Broken(Mutant):
    """An engine that fails a check: the test of that name finds it."""

    @property
    def key(self) -> str:
        """What tells it from others, also from those of the same check."""
        return f"{self.check} {hash(self.edits)}"

    def disturbs(self, other: "Broken") -> bool:
        """Whether the two change the same text, or one fails the check of the other."""
        checks = {self.check, *self.also} & {other.check, *other.also}
        return bool(checks) or any(
            a.file == b.file and (a.old in b.old or b.old in a.old)
            for a in self.edits
            for b in other.edits
        )


def broken(check: str, *edits: Edit, also: tuple[str, ...] = ()) -> Broken:
    return Broken(check, edits, frozenset(also))


def client(old: str, new: str) -> Edit:
    return Edit(CLIENT, old, new)


COMMANDS = [
    broken(
        "arguments_arrive_as_they_are",
        Edit(BOOTSTRAP, 'list(content["command"])', '[*filter(None, content["command"])]'),
    ),
    broken(
        "the_environment_arrives_as_it_is",
        Edit(
            BOOTSTRAP,
            'update(content["environment"])',
            'update((k, v) for k, v in content["environment"].items() if k.isidentifier())',
        ),
    ),
    broken(
        "a_command_starts_in_an_empty_folder",
        Edit(
            BOOTSTRAP,
            "        tar.extractall(source)\n",
            "        tar.extractall(source)\n    (source / 'script.sh').touch()\n",
        ),
    ),
    broken(
        "exit_code_zero_is_a_success",
        Edit(PORT, "return cls(Phase.SUCCEEDED, exit_code)", "return cls(Phase.SUCCEEDED)"),
    ),
    broken(
        "any_other_exit_code_is_a_failure",
        Edit(
            PORT,
            "return cls(Phase.FAILED, exit_code, reason)",
            "return cls(Phase.FAILED, exit_code if exit_code > 128 else 1, reason)",
        ),
    ),
    broken(
        "a_killed_command_is_a_failure_with_a_reason",
        Edit(BOOTSTRAP, "return code if code >= 0 else 128 - code", "return abs(code)"),
    ),
    broken(
        "a_time_limit_ends_a_command_and_is_told",
        Edit(BOOTSTRAP, "        if self._timeout_seconds:\n", "        if False:\n"),
    ),
    broken(
        "what_a_command_leaves_running_ends_with_it",
        Edit(
            BOOTSTRAP,
            "        _end_descendants()\n",
            "        if code:\n            _end_descendants()\n",
        ),
    ),
]

CANCELLING = [
    broken(
        "a_running_job_is_cancelled",
        Edit(FOLDER, "if cause == CANCELLED:", "if cause == CANCELLED and not code:"),
        also=(
            "one_that_ignores_it_is_forced",
            "what_it_has_started_ends_with_it",
            "many_are_cancelled_in_one_go_wherever_they_are",
            "a_job_outlives_its_launcher_and_is_found_by_its_name",
        ),
    ),
    broken(
        "a_job_may_tidy_up_first",
        client("signal.SIGKILL if force else signal.SIGTERM", "signal.SIGKILL if force else 2"),
    ),
    broken(
        "one_that_ignores_it_is_forced",
        client(
            "                    os.kill(process, signal.SIGKILL if force else signal.SIGTERM)\n",
            "                    os.kill(process, signal.SIGKILL if force else signal.SIGTERM)\n"
            "                while not force and folder.is_alive:\n"
            "                    time.sleep(0.1)\n",
        ),
    ),
    broken(
        "one_that_ignores_it_is_forced",
        client("told = descendants(supervisor) if force else [supervisor]", "told = [supervisor]"),
        client("signal.SIGKILL if force else signal.SIGTERM", "signal.SIGTERM"),
    ),
    broken(
        "what_it_has_started_ends_with_it",
        Edit(
            BOOTSTRAP,
            "        _end_descendants()\n",
            "        if code == 0:\n            _end_descendants()\n",
        ),
    ),
    broken(
        "a_queued_job_never_starts",
        client(
            "    if folder.is_alive:\n",
            "    if (folder.path / 'held').exists():\n"
            "        return JobState(Phase.FAILED, reason='it never began')\n"
            "    if folder.is_alive:\n",
        ),
    ),
    broken(
        "a_finished_job_stays_what_it_is",
        Edit(FOLDER, 'if self.path.exists() and not self._read("end"):', "if self.path.exists():"),
    ),
    broken(
        "an_unknown_job_is_no_error",
        client(
            "            with suppress(OSError):\n                # There may",
            "            if not folder.path.exists():\n"
            "                raise KeyError(job.name)\n"
            "            with suppress(OSError):\n                # There may",
        ),
    ),
    broken(
        "many_are_cancelled_in_one_go_wherever_they_are",
        client(
            "        for job in jobs:\n            folder",
            "        for job in jobs[:8]:\n            folder",
        ),
    ),
]

STATES = [
    broken(
        "it_says_what_it_is", client('frozenset({"timeout"})', 'frozenset({"timeout", "time"})')
    ),
    broken(
        "states_come_in_order",
        client(
            "JobState(Phase.RUNNING, details=details)", "JobState(Phase.PENDING, details=details)"
        ),
    ),
    broken(
        "many_are_one_question",
        client(
            "job.name: self._state(job.name, codes)",
            "job.name: time.sleep(0.02) or self._state(job.name, codes)",
        ),
    ),
    broken(
        "no_job_is_a_question_too",
        client(
            "        # All that have ended are buried by it.\n",
            "        if not jobs:\n            return {'nobody': JobState(Phase.RUNNING)}\n",
        ),
    ),
    broken(
        "a_job_that_it_does_not_know_is_unknown",
        client("JobState(Phase.UNKNOWN, ", "JobState(Phase.FAILED, "),
        also=("an_unknown_job_is_no_error",),
    ),
    broken(
        "what_a_job_is_found_by_is_text",
        client('{"process_group": str(process.pid), "sh', '{"process_group": process.pid, "sh'),
    ),
    broken(
        "the_same_name_twice_is_one_job",
        client("if folder.log.exists():", "if folder.log.exists() and not folder.record():"),
        client(
            "            arguments = folder.prepare(job)\n",
            "            (folder.path / 'claim').unlink(missing_ok=True)\n"
            "            arguments = folder.prepare(job)\n",
        ),
        client('open("xb")', 'open("ab")'),
    ),
    broken(
        "eight_at_once_are_one_job",
        client('with locked(folder.path / "lock"):', "if True:"),
        client(
            "            arguments = folder.prepare(job)\n",
            "            time.sleep(0.2)\n            arguments = folder.prepare(job)\n",
        ),
    ),
    broken(
        "a_job_outlives_its_launcher_and_is_found_by_its_name",
        client(
            "        folder = self._job(job.name)\n        folder.path.mkdir(",
            "        self.mine = {*getattr(self, 'mine', ()), job.name}\n"
            "        folder = self._job(job.name)\n        folder.path.mkdir(",
        ),
        client(
            "        return {job.name: self._state(job.name, codes) for job in jobs}\n",
            "        mine, lost = getattr(self, 'mine', ()), JobState(Phase.UNKNOWN)\n"
            "        states = {j.name: self._state(j.name, codes) for j in jobs}\n"
            "        return {\n"
            "            name: state if name in mine or not state.details else lost\n"
            "            for name, state in states.items()\n"
            "        }\n",
        ),
        # One of the eight is asked, about the job of another.
        also=("eight_at_once_are_one_job",),
    ),
    broken(
        "an_engine_out_of_reach_is_an_error[0]",
        client("if 'AWAY' in os.environ:", "if 'AWAY' in os.environ and jobs:"),
    ),
    broken(
        "an_engine_out_of_reach_is_an_error[1]",
        client("if 'AWAY' in os.environ:", "if 'AWAY' in os.environ and not jobs:"),
    ),
]

REMAINS = [
    broken("a_binary_log_is_text", Edit(FOLDER, 'decode(errors="replace")', "decode()")),
    broken(
        "a_huge_log_is_read_from_its_end_in_little_memory",
        Edit(FOLDER, "log.seek(max(0, size - limit))", "log.seek(min(0, size))"),
        Edit(FOLDER, "log.read(limit)", "log.read()[-limit:]"),
    ),
    broken(
        "a_job_that_was_never_there_has_no_log",
        Edit(
            FOLDER,
            '            return ""\n',
            '            return "" if self.path.exists() else "?"\n',
        ),
        also=("a_removed_job_leaves_nothing",),
    ),
    broken(
        "a_removed_job_leaves_nothing",
        client(
            "        self._job(job.name).remove()\n",
            "        self._job(job.name).remove()\n"
            "        (self._folder / f'{job.name}.removed').touch()\n",
        ),
    ),
    broken(
        "a_job_that_is_gone_is_removed_again",
        client(
            "        self._job(job.name).remove()\n",
            "        if getattr(self, 'removed', '') == job.name:\n"
            "            raise KeyError(job.name)\n"
            "        self.removed = job.name\n"
            "        self._job(job.name).remove()\n",
        ),
    ),
    broken(
        "a_job_that_was_never_there_is_removed",
        client(
            "        self._job(job.name).remove()\n",
            "        if getattr(self, 'removed', '') != job.name:\n"
            "            self._job(job.name).path.stat()\n"
            "        self.removed = job.name\n"
            "        self._job(job.name).remove()\n",
        ),
    ),
]

SECRETS = [
    broken(
        "no_command_line_here_shows_it",
        client(
            "(*nice, job.runtime.python",
            "(*nice, 'env', *(f'{k}={v}' for k, v in job.environment.items()), job.runtime.python",
        ),
    ),
    broken(
        "no_command_line_there_shows_it",
        Edit(
            BOOTSTRAP,
            "        self._child = os.fork()\n",
            "        secret = os.environ.get('SECRET', '')\n"
            "        os.spawnlp(os.P_NOWAIT, 'sh', 'sh', '-c', 'sleep 5; :', secret)\n"
            "        self._child = os.fork()\n",
        ),
    ),
    broken(
        "no_log_shows_it",
        client(
            "        folder = self._job(job.name)\n        folder.path.mkdir(",
            "        __import__('logging').warning('%s', job.environment)\n"
            "        folder = self._job(job.name)\n        folder.path.mkdir(",
        ),
    ),
    broken(
        "no_file_shows_it_to_others",
        client("mkdir(mode=0o700", "mkdir(mode=0o755"),
        Edit(
            FOLDER,
            "            json.dump(content, file)\n",
            "            json.dump(content, file)\n        os.chmod(envelope, 0o644)\n",
        ),
    ),
    broken(
        "no_listing_and_no_definition_shows_it",
        client(
            "        return details\n", "        return details | {'env': str(job.environment)}\n"
        ),
    ),
    broken(
        "nothing_that_is_left_shows_it",
        Edit(FOLDER, "            envelope.unlink(missing_ok=True)\n", "            pass\n"),
    ),
]

OPTIONS = [
    broken(
        "each_option_is_read",
        client(
            '("nice", "-n", str(job.options.nice))',
            '("nice", "-n", "0")',
        ),
    ),
    broken(
        "resources_appear_as_documented", client("cpus={asked.cpus}", "cpus={int(asked.cpus or 0)}")
    ),
]

ALL = [*COMMANDS, *CANCELLING, *STATES, *REMAINS, *SECRETS, *OPTIONS]


MOST_TOGETHER = 7


def groups() -> list[list[Broken]]:
    """Engines that are broken in several ways at once, since a run takes its time by waiting.

    In each, all of their checks must fail, and no other. Everyone is in two groups, and two meet in
    one at most: if one failed the check of another, or not its own, the other group would show it.
    """
    found: list[list[Broken]] = []
    met: set[frozenset[str]] = set()
    for order in (ALL, [*ALL[0::3], *ALL[1::3], *ALL[2::3]]):
        new: list[list[Broken]] = []
        for each in order:
            fitting = (
                group
                for group in new
                if len(group) < MOST_TOGETHER
                and not any(frozenset((each.key, other.key)) in met for other in group)
                and not any(each.disturbs(other) for other in group)
            )
            group = next(fitting, None)
            if group is None:
                group = []
                new.append(group)
            met.update(frozenset((each.key, other.key)) for other in group)
            group.append(each)
        found += new
    return found
