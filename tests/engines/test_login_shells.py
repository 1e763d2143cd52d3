"""Whatever the login shell is, and whatever its startup files print, a job runs behind ssh."""

import json
import os
from pathlib import Path

import pytest

from tests.engines.test_engines import SSH, Engine, each, environment_of, project
from tests.zenml.versions import NEWEST

__all__ = ["project"]

RUN = """
import json, sys, time
from zenml_acme._core.engine import Handle, Job
from zenml_acme._core.environment.prepare import empty_host, machine_of
from zenml_acme._core.resources import Resources
from zenml_acme.config import AcmeStepOperatorConfig as Config
from zenml_acme.engine import connect
for host in sys.argv[1:]:
    config = Config(ssh_host=host)
    machine = machine_of(config)
    engine = machine.engine(connect(config, machine.folder))
    place = empty_host(machine, config)
    command = ("sh", "-c", 'echo "$0" "$TOKEN"; id -nu', "it's $HOME")
    job = Handle("job")
    engine.submit(Job("job", command, {"TOKEN": "a  b!"}, Resources(), None, config, place, {}))
    while not engine.poll([job])["job"].phase.ended:
        time.sleep(0.1)
    print("SAID", json.dumps(engine.logs(job, 1000)))
    engine.remove(job)
"""


@each(ssh=SSH)
def test_a_job_runs_whatever_the_login_shell(engine: Engine, project: Path, tmp_path: Path) -> None:
    if "TEST_LOGIN_BIN" not in os.environ:
        pytest.skip("no TEST_LOGIN_BIN in the environment: run `make engines test-engines`")
    shells = ("fish", "tcsh", "zsh")
    told = environment_of(project, NEWEST).run(
        *("-c", RUN, *(f"login-{shell}" for shell in shells)),
        folder=project,
        PATH=os.pathsep.join((os.environ["TEST_LOGIN_BIN"], os.environ["PATH"])),
    )

    said = [json.loads(line[5:]) for line in told.splitlines() if line.startswith("SAID ")]
    assert [each.splitlines()[0] for each in said] == ["it's $HOME a  b!"] * len(shells), told
    for shell, lines in zip(shells, said, strict=True):
        assert lines.splitlines()[1].endswith(shell)
