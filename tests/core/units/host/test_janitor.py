"""What nobody has used for long is removed from the folder on disk."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError
from zenml.client import Client
from zenml.config import DockerSettings
from zenml_acme._core.environment import janitor, workdir
from zenml_acme._core.environment import prepare as place
from zenml_acme._core.environment.source_tree import archive_tree
from zenml_acme._core.transport.machine import ThisMachine
from zenml_acme.config import AcmeStepOperatorConfig, AcmeStepOperatorSettings

from tests.core.units.host.source_roots import make_root

DAY = 24 * 60 * 60
KEY = "0123456789abcdef" * 2


def age(path: Path, days: float) -> Path:
    """Let a path be as old, with all that is in it."""
    moment = time.time() - days * DAY
    for each in (*path.rglob("*"), path):
        os.utime(each, (moment, moment), follow_symlinks=False)
    return path


def make(path: Path, days: float = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("content")
    return age(path, days)


def make_environment(folder: Path, days: float, name: str = KEY) -> Path:
    home = folder / "environments" / name
    make(home / "bin" / "python")
    make(home / ".complete")
    age(home, days + 10)
    age(home / ".complete", days)
    return home


def make_job(folder: Path, days: float, *files: str) -> Path:
    home = folder / "jobs" / f"zenml-{uuid4()}"
    for name in ("output.log", "source/train.py", *files):
        make(home / name)
    return age(home, days)


def tidy(folder: Path, keep_days: int = 30) -> None:
    """Remove what is old, however lately that was done."""
    (folder / janitor.STAMP).unlink(missing_ok=True)
    janitor.remove_unused(folder, keep_days)


def all_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.name != janitor.STAMP}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(params=["source", "environment", "second", "half-built", "wheel", "job"])
def kind(request: pytest.FixtureRequest) -> Any:
    """What makes one of a kind, of an age in days."""

    def some(folder: Path, days: float) -> Path:
        if request.param == "source":
            return make(folder / "sources" / f"{KEY}.tar.gz", days)
        if request.param == "wheel":
            make(folder / "wheels" / KEY / "acme-1-py3-none-any.whl", days)
            return age(folder / "wheels" / KEY, days)
        if request.param == "half-built":
            make(folder / "environments" / KEY / ".building")
            return age(folder / "environments" / KEY, days)
        if request.param == "job":
            return make_job(folder, days, "exit_code")
        name = KEY if request.param == "environment" else f"{KEY}-2"
        return make_environment(folder, days, name)

    return some


def test_what_nobody_has_used_for_long_goes(folder: Path, kind: Any) -> None:
    old = kind(folder, 31)

    tidy(folder)

    assert not [path for path in old.parent.iterdir() if path.suffix != ".lock"]


def test_what_was_used_since_stays(folder: Path, kind: Any) -> None:
    kind(folder, 29)
    before = all_below(folder)

    tidy(folder)

    assert {path for path in all_below(folder) if path.suffix != ".lock"} == before


def test_days_are_what_the_option_says(folder: Path, kind: Any) -> None:
    one = kind(folder, 40)

    tidy(folder, keep_days=41)
    assert one.exists()
    tidy(folder, keep_days=39)
    assert not one.exists()


@pytest.mark.parametrize("part", ["jobs", "environments", "sources", "wheels", "."])
def test_what_is_not_known_by_its_name_stays(folder: Path, part: str) -> None:
    for name in (
        KEY[:-1],
        f"{KEY}0",
        f"{KEY.upper()}",
        f"{KEY}.lock",
        f"{KEY}.tar.gz.backup",
        "zenml-mine",
        f"zenml-{uuid4()}-mine",
        ".uv-cache",
        "notes.txt",
        "precious/notes.txt",
    ):
        make(folder / part / name)
        age(folder / part, 400)
    # The right name of another kind of thing.
    if part == "sources":
        make(folder / part / f"{KEY}.tar.gz" / "notes.txt")
    else:
        make(folder / part / KEY)
        make(folder / part / f"zenml-{uuid4()}")
    age(folder, 400)
    before = all_below(folder)

    tidy(folder)

    assert all_below(folder) == before


def test_no_link_is_followed_or_removed(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    make_job(mine, 400, "exit_code")
    make(mine / KEY / "notes.txt")
    make(mine / f"{KEY}.tar.gz")
    age(mine, 400)
    (folder / "jobs").symlink_to(mine / "jobs")
    for part, name in (("environments", KEY), ("wheels", KEY), ("sources", f"{KEY}.tar.gz")):
        (folder / part).mkdir()
        (folder / part / name).symlink_to(mine / name)
        (folder / part / ".draft-mine").symlink_to(mine / name)
    age(folder, 400)
    before = all_below(tmp_path)

    tidy(folder)

    assert all_below(tmp_path) == before


def test_what_is_removed_takes_nothing_along_that_it_leads_to(folder: Path, tmp_path: Path) -> None:
    make(tmp_path / "mine" / "notes.txt")
    job = make_job(folder, 400, "exit_code")
    (job / "mine").symlink_to(tmp_path / "mine")
    age(job, 400)

    tidy(folder)

    assert not job.exists()
    assert (tmp_path / "mine" / "notes.txt").exists()


@pytest.mark.parametrize("mark", ["exit_code", "end", "cancelled"])
def test_a_job_that_ended_goes_when_its_newest_file_is_old(folder: Path, mark: str) -> None:
    old, young = make_job(folder, 40, mark), make_job(folder, 40, mark)
    (young / "source" / "deep").mkdir()
    make(young / "source" / "deep" / "results.csv", 1)

    tidy(folder)

    assert not old.exists()
    assert young.exists()


@pytest.mark.parametrize("lock", ["claim", "lock"])
def test_a_job_whose_lock_is_held_stays_with_what_it_uses(folder: Path, lock: str) -> None:
    job = make_job(folder, 400, lock, "cancelled")
    environment = make_environment(folder, 400)
    older = make_environment(folder, 410, "f" * 32)
    source = make(folder / "sources" / f"{KEY}.tar.gz", 400)

    with (job / lock).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        tidy(folder)
        assert job.exists()
        assert environment.exists()
        assert source.exists()
        assert not older.exists()

    tidy(folder)
    assert not any(path.exists() for path in (job, environment, source))


def test_a_job_without_a_word_of_its_end_may_be_waiting(folder: Path) -> None:
    """Queues can be longer than `keep_days`, and a step can be silent for as long."""
    job = make_job(folder, 10)
    source = make(folder / "sources" / f"{KEY}.tar.gz", 10)

    tidy(folder, keep_days=3)
    assert job.exists()
    assert source.exists()

    age(job, 31)
    tidy(folder, keep_days=3)
    assert not job.exists()
    assert not source.exists()


def test_an_environment_that_is_being_built_stays(folder: Path) -> None:
    environment = make_environment(folder, 400)
    second = make_environment(folder, 400, f"{KEY}-2")
    lock = make(folder / "environments" / f"{KEY}.lock")

    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        tidy(folder)
        assert environment.exists()
        assert second.exists()

    tidy(folder)
    assert not environment.exists()
    assert not second.exists()
    assert lock.exists()


@pytest.mark.parametrize("part", ["jobs", "environments", "sources", "wheels"])
def test_drafts_of_killed_writers_do_not_pile_up(folder: Path, part: str) -> None:
    killed = make(folder / part / ".draft-killed", 2)
    killed_folder = make(folder / part / ".draft-folder" / "file").parent
    age(killed_folder, 2)
    living = make(folder / part / ".draft-living")

    tidy(folder)

    assert not killed.exists()
    assert not killed_folder.exists()
    assert living.exists()


def test_it_is_done_once_a_day(folder: Path) -> None:
    janitor.remove_unused(folder, 30)
    old = make(folder / "sources" / f"{KEY}.tar.gz", 400)

    janitor.remove_unused(folder, 30)
    assert old.exists()

    for days in (2, -2):  # The clock of this machine may have been wrong.
        make(folder / "sources" / f"{KEY}.tar.gz", 400)
        age(folder / janitor.STAMP, days)
        janitor.remove_unused(folder, 30)
        assert not old.exists()
        assert abs((folder / janitor.STAMP).stat().st_mtime - time.time()) < DAY


def test_what_is_cut_off_leaves_nothing_that_looks_whole(
    folder: Path, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = kind(folder, 400)

    class KilledError(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", die)
        patch.setattr(Path, "unlink", die)
        with pytest.raises(KilledError):
            janitor.remove_unused(folder, 30)
    assert not list(old.parent.glob("[!.]*[!k]"))
    assert list(old.parent.iterdir())

    tidy(folder)
    assert not [path for path in old.parent.iterdir() if path.suffix != ".lock"]


def test_what_is_used_at_this_moment_stays(
    folder: Path, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = kind(folder, 400)
    rename = Path.rename
    before = all_below(old)

    def use_first(path: Path, target: Path) -> Path:
        if path == old:
            mark = old / ".complete"
            os.utime(mark if mark.exists() else old)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", use_first)

    tidy(folder)

    assert old.exists()
    assert all_below(old) == before


def test_an_archive_that_is_removed_is_written_again(folder: Path, tmp_path: Path) -> None:
    root = make_root(tmp_path / "root")
    archive = age(archive_tree(root, folder / "sources", 1), 400)
    content = archive.read_bytes()

    tidy(folder)
    assert not archive.exists()
    assert archive_tree(root, folder / "sources", 1) == archive
    assert archive.read_bytes() == content
    tidy(folder)
    assert archive.exists()


def test_several_at_once_do_not_mind_each_other(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(30):
        name = f"{number:032x}"
        make_job(folder, 400, "exit_code")
        make_environment(folder, 400, name)
        make(folder / "sources" / f"{name}.tar.gz", 400)
        make(folder / "sources" / f".draft-{number}", 400)
    context = multiprocessing.get_context("fork")
    told = context.Queue()
    ready = context.Barrier(4)

    def run() -> None:
        ready.wait()
        caplog.clear()
        janitor.remove_unused(folder, 30)
        told.put(caplog.text)

    several = [context.Process(target=run) for _ in range(4)]
    for each in several:
        each.start()
    assert [told.get(timeout=60) for _ in several] == [""] * 4
    for each in several:
        each.join()
        assert each.exitcode == 0

    left = [path for path in folder.glob("*/*") if path.suffix != ".lock"]
    assert not left


def test_folders_that_a_step_has_closed_go_as_well(ordinary_root: Path) -> None:
    job = make_job(ordinary_root, 0, "exit_code", "source/closed/module.py", "shut/file")
    age(job, 400)
    (job / "source" / "closed").chmod(0o500)
    (job / "shut").chmod(0)
    job.chmod(0o500)

    tidy(ordinary_root)

    assert not list(job.parent.iterdir())


def test_what_cannot_be_removed_is_a_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = make_job(folder, 400, "exit_code")
    source = make(folder / "sources" / f"{KEY}.tar.gz", 400)
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path == job:
            raise PermissionError(1, "Operation not permitted", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)

    tidy(folder)

    assert job.exists()
    assert not source.exists()
    assert str(job) in caplog.text


def test_a_disk_that_is_full_is_tidied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = make(folder / "sources" / f"{KEY}.tar.gz", 400)

    def refuse(path: Path, *_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "touch", refuse)

    tidy(folder)

    assert not old.exists()


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_that_cannot_be_tidied_is_no_error(there: bool, folder: Path) -> None:
    if there:
        for part in ("jobs", "environments", "sources", "wheels"):
            make(folder / part)
    else:
        folder.rmdir()

    tidy(folder)


@pytest.fixture
def in_background() -> Iterator[Any]:
    """Wait for what is done in the background."""

    def wait() -> None:
        for thread in threading.enumerate():
            if thread.name == "janitor":
                thread.join(60)

    yield wait
    wait()


def prepare(folder: Path, **options: Any) -> None:
    """Prepare a step as the operator does: ZenML mixes the configuration into settings."""
    config = AcmeStepOperatorConfig(**options)
    settings = AcmeStepOperatorSettings(**config.model_dump())
    info: Any = SimpleNamespace(config=SimpleNamespace(docker_settings=DockerSettings()))
    place.prepare(info, Client().active_stack, settings, ThisMachine(folder))


@pytest.mark.parametrize(("options", "stays"), [({}, True), ({"keep_days": 10}, False)])
def test_preparing_a_step_tidies_the_folder(
    options: dict[str, Any], stays: bool, stack: None, folder: Path, in_background: Any
) -> None:
    old = make(folder / "sources" / f"{KEY}.tar.gz", 20)

    prepare(folder, **options)
    in_background()

    assert old.exists() == stays
    assert len(list((folder / "sources").iterdir())) == 1 + stays


def test_a_process_tidies_a_folder_once(folder: Path, in_background: Any) -> None:
    janitor.tidy(folder, 30)
    in_background()
    old = make(folder / "sources" / f"{KEY}.tar.gz", 400)
    age(folder / janitor.STAMP, 2)

    janitor.tidy(folder, 30)
    in_background()
    assert old.exists()

    other = workdir.work_folder(str(folder / "other"))
    old = make(other / "sources" / f"{KEY}.tar.gz", 400)
    janitor.tidy(other, 30)
    in_background()
    assert not old.exists()


def test_a_day_is_the_least_that_is_kept() -> None:
    with pytest.raises(ValidationError, match="keep_days"):
        AcmeStepOperatorConfig(keep_days=0)
