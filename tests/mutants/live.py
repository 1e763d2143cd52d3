"""Broken operators that are found by running steps on them."""

from tests.mutants.edits import BASE, METADATA, OPERATOR, Edit, importing, mutant

ENGINE, PORT, RESOURCES = "engine/client.py", "_core/engine.py", "_core/resources.py"
JOBS, BOOTSTRAP = "_core/lifecycle/jobs.py", "_core/environment/bootstrap.py"
INTERRUPTED, RECONCILING = "_core/lifecycle/interrupts.py", "_core/lifecycle/reconciling.py"
ENTRYPOINT = "_core/environment/entrypoint.py"
SOURCE_TREE = "_core/environment/source_tree.py"
VARIABLES = "_core/environment/variables.py"

HURRIED = Edit(RECONCILING, "PUBLISH_SECONDS = 10\n", "PUBLISH_SECONDS = 2\n")
"""No breakage: a result is not waited for as long as usual."""

RECORDED = "SOP_NEW_RECORDED_CALLS"
RECORDING = (
    Edit(
        ENGINE,
        "        folder = self._job(job.name)\n        folder.path.mkdir(mode",
        f"        with open(os.environ[{RECORDED!r}], 'a') as calls:\n"
        "            print(dict(job.labels), file=calls)\n"
        "        folder = self._job(job.name)\n        folder.path.mkdir(mode",
    ),
)
"""None either: its engine is a stand-in's, which records what others see of jobs."""


def submitting(statement: str) -> Edit:
    """A statement before a step is handed over."""
    first = "        settings = cast(Settings"
    return Edit(OPERATOR, first, f"        {statement}\n{first}")


def elsewhere(method: str, statement: str) -> Edit:
    """A statement at the beginning of a method, where another process has submitted the step."""
    first = {
        "get_status": '        FAILED instead would end the step.\n        """\n',
        "cancel": 'engine cannot be told.\n        """\n',
        "cleanup_step_submission": '        """Remove what a step\'s job left behind."""\n',
    }[method]
    there = f"        if not interrupts.is_here(job_name(step_run.id)):\n            {statement}\n"
    return Edit(BASE, first, first + there)


UNHEARD = Edit(
    BASE,
    "        except BaseException:\n            # ZenML cancels nothing",
    "        except NotImplementedError:\n            # ZenML cancels nothing",
)


def deaf_to(number: str, other: str) -> tuple[Edit, ...]:
    """Edits that let a signal pass, and not the other one."""
    signals = "SIGNALS = (signal.SIGINT, signal.SIGTERM, "
    return (UNHEARD, Edit(INTERRUPTED, signals, f"SIGNALS = (signal.{other}, "))


SUCCESS = [
    mutant(
        "SOP301",
        Edit(
            OPERATOR,
            "return tuple(entrypoint_command)",
            "return tuple(entrypoint_command[:3])",
        ),
    ),
    mutant(
        "SOP302",
        submitting(
            "if not info.pipeline_step_name.replace('_', '').isalnum():"
            " raise RuntimeError('this is no label')"
        ),
    ),
    mutant(
        "SOP303",
        Edit(
            VARIABLES,
            "| dict(environment)\n",
            '| {k: v for k, v in environment.items() if k.startswith("ZENML_")}\n',
        ),
    ),
    mutant(
        "SOP304",
        Edit(
            VARIABLES,
            "| dict(environment)\n",
            '| {k: " ".join(v.split()) for k, v in environment.items()}\n',
        ),
    ),
    mutant(
        "SOP305",
        Edit(
            SOURCE_TREE,
            "_check_size(root, files",
            "files = [p for p in files if len(p.parts) < 3]\n        _check_size(root, files",
        ),
    ),
    mutant(
        "SOP306",
        Edit(
            SOURCE_TREE,
            "_check_size(root, files",
            "files = [p for p in files if p.suffix == '.py']\n        _check_size(root, files",
        ),
    ),
    mutant(
        "SOP307",
        Edit(VARIABLES, 'merged.setdefault("ZENML_LOCAL_STORES_PATH", stores)', "pass"),
        # A step of a dynamic pipeline finds its arguments there.
        also=("SOP309",),
    ),
    mutant(
        "SOP308",
        submitting(
            "if getattr(self, 'last', '') == info.run_name + info.pipeline_step_name:"
            " raise RuntimeError('this job was submitted before')"
        ),
        submitting("self.last = info.run_name + info.pipeline_step_name"),
    ),
    mutant(
        "SOP309",
        submitting(
            "if threading.current_thread() is not threading.main_thread():"
            " raise RuntimeError('signals are for the main thread')"
        ),
        importing(OPERATOR, "import threading"),
    ),
    mutant(
        "SOP310",
        Edit(
            OPERATOR,
            "return tuple(entrypoint_command)",
            "return tuple(filter(None, entrypoint_command))",
        ),
    ),
]

FAILURES = [
    mutant(
        "SOP311",
        Edit(
            RECONCILING,
            '            return ExecutionStatus.FAILED, ""\n',
            "            if said == ExecutionStatus.FAILED:\n"
            '                return ExecutionStatus.COMPLETED, ""\n'
            '            return ExecutionStatus.FAILED, ""\n',
        ),
    ),
    mutant(
        "SOP312",
        Edit(
            RECONCILING,
            '                logger.error("%s", self._explain(step_run_id, reason))\n',
            "",
        ),
        Edit(
            BASE,
            "        return self._follow(step_run)\n",
            "        status = self._follow(step_run)\n"
            "        if status == ExecutionStatus.FAILED:\n"
            "            raise StepFailedError('The job failed.')\n"
            "        return status\n",
        ),
    ),
    mutant("SOP313", Edit(RECONCILING, 'if getattr(config, "command", None):', "if True:")),
    mutant(
        "SOP314",
        Edit(
            RECONCILING,
            "            return ExecutionStatus.FAILED, self._explain(step_run_id, state.reason)\n",
            '            command = getattr(config, "command", None)\n'
            "            done = ExecutionStatus.COMPLETED\n"
            '            return (ExecutionStatus.FAILED if command else done), ""\n',
        ),
    ),
    mutant(
        "SOP315",
        Edit(RECONCILING, 'f"{said} The end of its log:\\n{log}" if log else said', "said"),
    ),
    mutant("SOP316", Edit(PORT, "if exit_code == 0:", "if exit_code in (0, 3):")),
]

INTERRUPTS = [
    mutant("SOP317", *deaf_to("SIGINT", "SIGTERM")),
    mutant("SOP318", *deaf_to("SIGTERM", "SIGINT")),
    mutant(
        "SOP319",
        Edit(
            BASE,
            "            if not interrupts.is_here(job.name):\n",
            "            self._follow(info)\n            if not interrupts.is_here(job.name):\n",
        ),
    ),
    mutant("SOP320", elsewhere("get_status", "return ExecutionStatus.FAILED")),
    mutant(
        "SOP321",
        elsewhere(
            "get_status",
            "if self._status(step_run, 0)[0] == ExecutionStatus.RUNNING:"
            " return ExecutionStatus.QUEUED",
        ),
    ),
    mutant("SOP322", elsewhere("cancel", "raise KeyError(step_run.id)")),
    mutant("SOP323", elsewhere("cancel", "return")),
    mutant(
        "SOP324",
        elsewhere("get_status", "return ExecutionStatus.RUNNING"),
    ),
    mutant(
        "SOP325",
        elsewhere(
            "cancel",
            "if self._jobs.state(job_name(step_run.id), 0).phase.ended:"
            " raise KeyError(step_run.id)",
        ),
    ),
    mutant(
        "SOP326",
        Edit(
            BASE,
            "        return self._follow(step_run)\n",
            "        status = self._follow(step_run)\n"
            "        while status == ExecutionStatus.STOPPED:\n"
            "            time.sleep(1)\n"
            "        return status\n",
        ),
        importing(BASE, "import time"),
    ),
    mutant("SOP327", elsewhere("cleanup_step_submission", "raise KeyError(step_run.id)")),
]

ASKING = "subprocess.run(['true'], check=True)"
"""An engine is asked by a program."""

NOT_TOLD = '        logger.warning("ZenML was not told which job ran a step: %s", error)\n'

FAULTS = [
    mutant(
        "SOP331",
        elsewhere(
            "get_status",
            f"try:\n                {ASKING}\n"
            "            except subprocess.CalledProcessError:\n"
            "                return ExecutionStatus.FAILED",
        ),
        importing(BASE, "import subprocess"),
    ),
    mutant(
        "SOP332",
        elsewhere("get_status", ASKING),
        elsewhere(
            "cancel",
            "if subprocess.run(['true'], check=False).returncode:\n                return",
        ),
        importing(BASE, "import subprocess"),
    ),
    mutant(
        "SOP333",
        Edit(
            BASE,
            "        return self._follow(step_run)\n",
            "        self.get_status(step_run)\n        return self._follow(step_run)\n",
        ),
    ),
    mutant(
        "SOP334",
        Edit(
            BASE,
            "            self._try_to_end(job_name(_id_of(step)))\n            raise\n",
            "            self._try_to_end(job_name(_id_of(step)))\n"
            "            return ExecutionStatus.STOPPED\n",
        ),
    ),
    mutant("SOP335", elsewhere("get_status", "return self._status(step_run, 0)[0].value")),
    mutant(
        "SOP336",
        Edit(METADATA, NOT_TOLD, "        raise\n"),
    ),
]

HANDED_OVER = [
    mutant(
        "SOP330",
        Edit(
            ENTRYPOINT,
            '        os.chdir(os.environ["ZENML_CUSTOM_SOURCE_ROOT"])\n',
            '        os.chdir(os.environ["ZENML_CUSTOM_SOURCE_ROOT"])\n'
            # To be there takes root.
            '        os.getcwd = lambda: "/app"\n',
        ),
    ),
    mutant("SOP337", submitting('environment["JOB"] = "1"')),
    mutant(
        "SOP338",
        Edit(
            OPERATOR,
            "name=job_name(info.step_run_id),",
            "name=job_name(uuid4() if info.step_run_id in SEEN else info.step_run_id),",
        ),
        Edit(
            OPERATOR,
            "        self.submit_job(job, info)\n",
            "        SEEN.add(info.step_run_id)\n        self.submit_job(job, info)\n",
        ),
        importing(OPERATOR, "from uuid import uuid4\n\nSEEN = set()"),
    ),
]

LEFTOVERS = [
    mutant(
        "SOP328",
        Edit(
            ENGINE,
            "            arguments = folder.prepare(job)\n",
            "            subprocess.Popen(\n"
            '                ("sleep", "300"), env=dict(job.environment), start_new_session=True\n'
            "            )\n"
            "            arguments = folder.prepare(job)\n",
        ),
    ),
    mutant("SOP329", submitting("tempfile.mkstemp()"), importing(OPERATOR, "import tempfile")),
]

SECRETS = [
    mutant(
        "SOP401",
        Edit(ENGINE, "*arguments),", "*arguments, str(job.environment)),"),
        Edit(BOOTSTRAP, "main(*sys.argv[1:])", "main(*sys.argv[1:3])"),
    ),
    mutant(
        "SOP402",
        submitting('Path("step.env").write_text(str(environment))'),
        importing(OPERATOR, "from pathlib import Path"),
        # It stays there, too.
        also=("SOP406",),
    ),
    mutant(
        "SOP403",
        submitting('logging.warning("Handing over %s", environment)'),
        importing(OPERATOR, "import logging"),
    ),
    mutant(
        "SOP404",
        Edit(
            JOBS,
            "self._engine.submit(job))",
            "{**self._engine.submit(job), 'environment': str(job.environment)})",
        ),
    ),
    mutant(
        "SOP406",
        submitting('os.close(os.open(self.workdir / "env", os.O_CREAT, 0o600))'),
        submitting('(self.workdir / "env").write_text(str(environment))'),
        importing(OPERATOR, "import os"),
    ),
    mutant(
        "SOP407",
        submitting(f'print(environment, file=open(os.environ["{RECORDED}"], "a"))'),
        importing(OPERATOR, "import os"),
    ),
]

DEMANDS = [
    mutant(
        "SOP501",
        submitting(
            "if int(info.config.resource_settings.cpu_count or 1) < 1:"
            " raise RuntimeError('no cpu was asked for')"
        ),
    ),
    mutant("SOP502", Edit(RESOURCES, '    logger.warning("%s: ignored.", message)\n', "")),
]

MUTANTS = {
    mutant.check: mutant
    for mutant in (
        *(*SUCCESS, *FAILURES, *INTERRUPTS, *FAULTS, *HANDED_OVER),
        *(*LEFTOVERS, *SECRETS, *DEMANDS),
    )
}

LEGAL = (
    # Its engine is asked by a program, and who asks hears that it fails.
    elsewhere("get_status", ASKING),
    elsewhere("cancel", ASKING),
    importing(BASE, "import subprocess\nfrom contextlib import suppress"),
    Edit(
        BASE,
        "        return self._follow(step_run)\n",
        "        with suppress(OSError):\n            self.get_status(step_run)\n"
        "        return self._follow(step_run)\n",
    ),
    # What cannot be noted down is ended.
    Edit(METADATA, NOT_TOLD, "        raise\n"),
    Edit(
        BASE,
        "        publish(info.step_run_id, self.id, self._jobs.news(job.name), info)\n",
        "        try:\n"
        "            publish(info.step_run_id, self.id, self._jobs.news(job.name), info)\n"
        "        except BaseException:\n"
        "            self._try_to_end(job.name)\n"
        "            raise\n",
    ),
    # What is there already is an error.
    submitting(
        "if (self.workdir / 'jobs' / job_name(info.step_run_id)).exists():"
        " raise FileExistsError('there is such a job')"
    ),
    submitting("environment = {**environment, 'JOB': '1'}"),
)
"""What may look wrong, and is not; none of these checks can be skipped then."""
SEEN = {"SOP331", "SOP332", "SOP333", "SOP334", "SOP336", "SOP337", "SOP338", "SOP407"}
