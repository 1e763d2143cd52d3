"""`sop-new DEST` creates what `copier copy` does, in the place that was asked for."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from sop_new.create.result import Created
from sop_new.projects.git import git_setting

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import (
    ANSWERS_FILE,
    contents,
    program,
    succeed,
    without_source,
)

CANONICAL = "https://github.com/sop-new/sop-new.git"
ODD = {"description": "{{ x }} \"q\" 'p' \\ ünï", "user_name": "Émile", "license": "MIT"}


def answers_of(project: Path) -> dict[str, str]:
    noted = yaml.safe_load((project / ANSWERS_FILE).read_text(encoding="utf-8"))
    assert isinstance(noted, dict)
    return noted


@pytest.mark.parametrize("backend", ["local", "blank"])
def test_a_checkout_gives_the_bytes_of_copier_copy(
    clone: Path, copier: Callable[..., Path], tmp_path: Path, here: Path, backend: str
) -> None:
    by_copier = copier(tmp_path / "copier" / "zenml-acme", backend=backend, **ODD)
    data = [part for key, value in ODD.items() for part in ("-d", f"{key}={value}")]
    succeed(
        *(*program(), "zenml-acme", "--backend", backend, *data),
        folder=here,
        PYTHONPATH=str(clone / "generator"),
    )

    assert contents(here / "zenml-acme") == contents(by_copier)


def test_a_wheel_gives_the_bytes_of_copier_copy_and_names_the_canonical_repository(
    installed: Path, copier: Callable[..., Path], tmp_path: Path, here: Path
) -> None:
    by_copier = copier(tmp_path / "copier" / "zenml-acme")
    # git refuses every protocol but that of files: the network is of no use to it.
    succeed(*program(installed), "zenml-acme", folder=here, GIT_ALLOW_PROTOCOL="file")

    made = here / "zenml-acme"
    assert without_source(contents(made)) == without_source(contents(by_copier))
    assert answers_of(made)["_src_path"] == CANONICAL


def test_a_wheel_leaves_the_cache_of_copier_alone(
    installed: Path, here: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    succeed(*program(installed), "zenml-acme", folder=here, COPIER_CACHE_DIR=str(cache))

    assert not cache.exists()


def test_a_setting_for_git_joins_those_already_given(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = git_setting("user.name", "Somebody")
    for name, value in first.items():
        monkeypatch.setenv(name, value)
    both = {**first, **git_setting("url.a.insteadOf", "b")}

    assert succeed("git", "config", "user.name", folder=here, **both) == "Somebody\n"
    assert succeed("git", "config", "url.a.insteadOf", folder=here, **both) == "b\n"


def test_an_existing_project_is_made_anew_as_copier_does(
    clone: Path, copier: Callable[..., Path], tmp_path: Path, here: Path
) -> None:
    door = {"PYTHONPATH": str(clone / "generator")}
    succeed(*program(), "zenml-acme", "-d", "license=MIT", folder=here, **door)
    succeed(*program(), "zenml-acme", "--backend", "blank", "--force", folder=here, **door)
    by_copier = copier(tmp_path / "copier" / "zenml-acme", license="MIT")
    copier(by_copier, backend="blank")

    assert answers_of(here / "zenml-acme")["license"] == "MIT"
    assert contents(here / "zenml-acme") == contents(by_copier)


def test_answers_win_in_the_order_option_file_settings_default(
    sop_new: SopNew, here: Path, settings: Path
) -> None:
    settings.write_text("defaults: {user_name: settings, license: MIT, ci: gitlab}\n")
    (here / "answers.yml").write_text("user_name: file\nlicense: Proprietary\n")

    sop_new("acme", "--data-file", "answers.yml", "-d", "user_name=option")

    answers = answers_of(here / "acme")
    assert answers["user_name"] == "option"
    assert answers["license"] == "Proprietary"
    assert answers["ci"] == "gitlab"
    assert answers["python_min"] == "3.10"


def test_the_answers_of_another_project_serve_as_a_data_file(sop_new: SopNew, here: Path) -> None:
    sop_new("one", "--backend", "blank")
    ran = sop_new("two", "--data-file", f"one/{ANSWERS_FILE}", "-d", "project_name=two")

    assert ran.status == 0
    assert answers_of(here / "two") == {**answers_of(here / "one"), "project_name": "two"}


@pytest.mark.parametrize("order", [("zenml-acme", "--backend", "blank"), None])
def test_options_may_stand_before_or_after_the_destination(
    sop_new: SopNew, here: Path, order: tuple[str, ...] | None
) -> None:
    assert sop_new(*(order or ("--backend", "blank", "zenml-acme"))).status == 0
    assert answers_of(here / "zenml-acme")["backend"] == "blank"


def test_a_path_with_the_name_of_a_command_is_a_destination(sop_new: SopNew, here: Path) -> None:
    assert sop_new("./backends").status == 0
    assert answers_of(here / "backends")["project_name"] == "backends"


def test_missing_parents_are_made(sop_new: SopNew, here: Path) -> None:
    assert sop_new("some/where/zenml-acme").status == 0
    assert answers_of(here / "some" / "where" / "zenml-acme")["project_name"] == "zenml-acme"


def test_an_empty_folder_is_kept_and_filled(
    sop_new: SopNew, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = here / "zenml-acme"
    project.mkdir(mode=0o700)
    before = project.stat()
    monkeypatch.chdir(project)

    created = Created.model_validate_json(sop_new(".", "--json").stdout)

    assert answers_of(project)["project_name"] == "zenml-acme"
    assert not any(line.startswith("cd ") for line in created.next)
    assert (project.stat().st_ino, project.stat().st_mode) == (before.st_ino, before.st_mode)
    assert created.files == sorted(contents(project))


def test_force_replaces_files_of_the_same_name_and_keeps_the_others(
    sop_new: SopNew, here: Path
) -> None:
    project = here / "zenml-acme"
    (project / "examples").mkdir(parents=True)
    (project / "examples" / "pipeline.py").write_text("mine")
    (project / "examples" / "other.py").write_text("mine")

    assert sop_new("zenml-acme", "--force").status == 0

    assert (project / "examples" / "pipeline.py").read_text() != "mine"
    assert (project / "examples" / "other.py").read_text() == "mine"
    assert not [path for path in here.rglob("*") if path.name.startswith(".sop-new")]


def test_what_was_made_is_shown_by_folders_and_whose_they_are(sop_new: SopNew, here: Path) -> None:
    shown = sop_new("zenml-acme", "--backend", "blank").stdout.splitlines()
    project = here / "zenml-acme"

    def counted(folder: Path) -> str:
        return f"{len(list(folder.iterdir()))} files"

    assert len(shown) < 25
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in shown if line[:2] == "  "}
    assert next(iter(rows)) == "zenml_acme/"
    assert rows["zenml_acme/"] == "5 files yours: config.py, flavor.py, operator.py"
    assert rows["zenml_acme/engine/"] == f"{counted(project / 'zenml_acme' / 'engine')} yours"
    assert rows["zenml_acme/_core/"].endswith("files the template's: not for editing")
    assert rows["tests/"].endswith("files yours")
    assert rows["tests/engine_contract/"].endswith("files the template's, but for facts.py")
    told = sum(int(row.split()[0]) for row in rows.values() if "files" in row)
    assert told == len(contents(project))


def test_a_dry_run_shows_the_tree_and_writes_nothing(sop_new: SopNew, here: Path) -> None:
    ran = sop_new("some/zenml-acme", "--dry-run")

    assert ran.status == 0
    files = Created.model_validate_json(sop_new("acme", "--dry-run", "--json").stdout).files
    assert {line.split()[-1] for line in ran.stdout.splitlines() if "── " in line} >= {
        file.rpartition("/")[2] for file in files
    }
    assert "Nothing was written" in ran.stdout
    assert not list(here.iterdir())


def test_a_dry_run_lists_what_a_real_run_writes(sop_new: SopNew, here: Path) -> None:
    dry = Created.model_validate_json(sop_new("acme", "--dry-run", "--json").stdout)
    real = Created.model_validate_json(sop_new("acme", "--json").stdout)

    assert dry.dry_run
    assert dry.files == real.files == sorted(contents(here / "acme"))


def test_the_answer_for_programs_is_all_that_is_on_stdout(sop_new: SopNew, here: Path) -> None:
    ran = sop_new("zenml-acme", "--json", "--flavor", "mine")
    created = Created.model_validate_json(ran.stdout)

    assert created.destination == str(here / "zenml-acme")
    assert created.answers["flavor"] == "mine"
    assert created.version == answers_of(here / "zenml-acme")["_commit"]
    assert ran.stderr == ""


@pytest.mark.parametrize("name", ["zenml-acme", "o'dd $name", "-x", "ünï côde"])
def test_what_to_do_next_can_be_pasted(sop_new: SopNew, here: Path, name: str) -> None:
    created = Created.model_validate_json(sop_new("--json", "--", name).stdout)

    entered = succeed("sh", "-c", f"{created.next[0]}\npwd", folder=here)
    assert entered.rstrip("\n") == str(here / name)


def test_an_engine_that_is_still_to_be_written_comes_first(sop_new: SopNew) -> None:
    created = Created.model_validate_json(
        sop_new("zenml-acme", "--json", "--backend", "blank").stdout
    )

    assert "zenml_acme/engine/client.py" in created.next[0]
    assert ".venv/bin/pytest tests/engine_contract" in created.next


def test_commands_to_paste_stay_whole_on_a_narrow_screen(
    sop_new: SopNew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    assert "  python3 -m venv .venv && .venv/bin/pip install -e '.[dev]'\n" in sop_new("x").stdout


def test_without_a_terminal_nothing_is_asked(here: Path) -> None:
    silent, kept_open = os.pipe()  # whoever reads an answer from it waits for ever
    with os.fdopen(silent) as stdin, os.fdopen(kept_open, "w"):
        done = subprocess.run([*program(), "zenml-acme"], cwd=here, stdin=stdin, timeout=60)

    assert done.returncode == 0
    assert answers_of(here / "zenml-acme")["backend"] == "local"
