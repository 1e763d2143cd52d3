"""Grid Engine's clients, as they answer (8.1)."""

from __future__ import annotations

import itertools
import os
import pwd
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from xml.etree import ElementTree

from .._core.environment.job_folder import ClientError
from .states import Accounted, Listed

SECONDS = 60
"""How long a client may take to answer."""

FINAL = re.compile(
    r"""on\ PATH|unknown\ (option|resource|queue)|does\ not\ exist|denied
    |invalid|no\ access|not\ allowed|is\ not\ (requestable|a\ valid|numeric)
    |SGE_ROOT|no\ suitable\ queues|parsing|\bexpected""",
    re.IGNORECASE | re.VERBOSE,
)
"""What qsub says when it is no use to ask again. All else may pass, or hides that Grid
Engine has taken the job."""

KEPT = re.compile(r"(HOME|LANG|LC_\w+|LOGNAME|PATH|SGE_\w+|TZ|USER)$")
OF_A_JOB = re.compile(r"SGE_(TASK|JOB|STD|O_|CWD|ACCOUNT|BINARY|CKPT|ARCH)")
"""What the clients need of the launcher's environment. The cluster's own `sge_request`
may hold a -V, which shows to everybody what qsub has."""


NO_FAULT = ("0", "100")
"""Of qacct's `failed`: none, and that a signal ended it, as its exit code tells."""


class GridEngineError(ClientError):
    """A client of Grid Engine's has failed."""

    @property
    def is_final(self) -> bool:
        """Whether the same job will never be taken."""
        # What the network has to say may be `access denied`, too, while names are not
        # resolved.
        return "commlib error" not in str(self) and bool(FINAL.search(str(self)))


def submit(options: Iterable[str], script: str) -> str:
    """Submit a job, and return its number."""
    printed = _run("qsub", "-terse", *options, text=script)
    # Beside it there may be what the site's verifier prints.
    told = re.search(r"^(\d+)$", printed, re.MULTILINE)
    if not told:
        raise GridEngineError(f"qsub printed no number: {printed.strip()!r}")
    return told[1]


def jobs(names: Iterable[str]) -> dict[str, list[Listed]]:
    """Return by name what Grid Engine has of jobs that have not ended.

    Raises:
        GridEngineError: If it cannot be asked, or its answer cannot be read.
    """
    printed = _run("qstat", "-xml", "-u", _user())
    try:
        answer = ElementTree.fromstring(printed)
    except ElementTree.ParseError as error:
        raise GridEngineError(f"qstat printed no XML: {error}") from None
    wanted = set(names)
    found: dict[str, list[Listed]] = {}
    for job in answer.iter("job_list"):
        if (name := job.findtext("JB_name", "")) in wanted:
            node = job.findtext("queue_name", "").partition("@")[2]
            number, state = job.findtext("JB_job_number", ""), job.findtext("state", "")
            found.setdefault(name, []).append(Listed(state, number, node))
    return found


def reasons(numbers: Iterable[str]) -> dict[str, str]:
    """Return why jobs wait or cannot run, by number, if the cluster tells that."""
    asked = ",".join(numbers)
    if not asked:
        return {}
    try:
        printed = _run("qstat", "-j", asked)
    except GridEngineError:
        # One of them has ended meanwhile.
        return {}
    found: dict[str, str] = {}
    number = ""
    for line in printed.splitlines():
        name, _, value = line.partition(":")
        if name == "job_number":
            number = value.strip()
        elif name.startswith(("error reason", "scheduling info")) and value.strip():
            found.setdefault(number, value.strip())
    return found


def accounted(names: Sequence[str]) -> dict[str, list[Accounted]]:
    """Return by name what accounting has of jobs; nothing where there is none."""
    if not names:
        return {}
    # One question for all: each reads the whole file.
    first, last = min(names), max(names)
    alike = itertools.takewhile(
        lambda pair: pair[0] == pair[1], zip(first, last, strict=False)
    )
    pattern = "".join(letter for letter, _ in alike) + "*"
    try:
        printed = _run("qacct", "-o", _user(), "-d", "30", "-j", pattern)
    except GridEngineError:
        return {}
    found: dict[str, list[Accounted]] = {}
    for record in re.split(r"^=+$", printed, flags=re.MULTILINE):
        told = dict(re.findall(r"^(\w+) +(.*?) *$", record, re.MULTILINE))
        if told.get("jobname") in names:
            # The last one may be half written; it is asked for again.
            with suppress(LookupError, ValueError):
                found.setdefault(told["jobname"], []).append(_accounted(told))
    return found


def _accounted(told: Mapping[str, str]) -> Accounted:
    code, _, fault = told["failed"].partition(":")
    return Accounted(
        number=told["jobnumber"],
        node=told["hostname"],
        # Followed by words for a signal, as in `137 (Killed)`.
        exit_code=int(told["exit_status"].split()[0]),
        fault="" if code.strip() in NO_FAULT else fault.strip(),
    )


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def cancel(numbers: Iterable[str]) -> None:
    """Tell Grid Engine to end jobs, all at once."""
    asked = ",".join(numbers)
    if not asked:
        return
    try:
        _run("qdel", asked)
    except GridEngineError as error:
        # They have ended meanwhile, or were told already.
        if not re.search("does not exist|already in deletion", str(error)):
            raise


def _run(*command: str, text: str = "") -> str:
    variables = {
        name: value
        for name, value in os.environ.items()
        if KEPT.match(name) and not OF_A_JOB.match(name)
    }
    try:
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            check=True,
            encoding="utf-8",
            errors="replace",
            env=variables,
            # Ctrl-C in the launcher's terminal is not meant for it.
            start_new_session=True,
            timeout=SECONDS,
        )
    except FileNotFoundError:
        raise GridEngineError(
            f"There is no {command[0]} on PATH: source the cluster's settings.sh, or "
            "start pipelines on a submit host."
        ) from None
    except subprocess.TimeoutExpired:
        raise GridEngineError(f"{command[0]} timed out after {SECONDS} s.") from None
    except subprocess.CalledProcessError as error:
        said = f"{error.stderr}{error.stdout}".strip() or f"exit {error.returncode}"
        raise GridEngineError(f"{command[0]} failed: {said}") from None
    return done.stdout
