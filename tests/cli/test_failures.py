"""Every error of the closed list: told without a traceback, with nothing left behind."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from sop_new.errors import Code
from sop_new.printing import Failure
from sop_new.templates import layers, source

from tests.cli.conftest import SopNew
from tests.cli.sop_new_runs import REPOSITORY, failure, program, run

Refused = Callable[..., Failure]


@pytest.fixture
def refused(sop_new: SopNew, here: Path) -> Refused:
    """Runs sop-new where it must fail, and sees to it that all is left as it was."""

    def run(code: Code, *arguments: str) -> Failure:
        before = sorted(here.rglob("*"))
        told = failure(sop_new(*arguments, "--json"), code)
        assert sorted(here.rglob("*")) == before
        return told

    return run


def test_an_error_is_two_lines_on_stderr_and_no_traceback(sop_new: SopNew) -> None:
    ran = sop_new("zenml-acme", "--backend", "nowhere")

    assert ran.stdout == ""
    assert [line[:6] for line in ran.stderr.splitlines()] == ["Error:", " Hint:"]


@pytest.mark.parametrize(
    "arguments", [["--nonsense"], ["a", "b"], ["-d", "x=1"], ["a", "-d", "flavor"], ["try"]]
)
def test_usage(refused: Refused, arguments: list[str]) -> None:
    refused(Code.USAGE, *arguments)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["backend"], "sop-new backends"),
        (["tray"], "sop-new try"),
        (["chekc", "zenml-acme", "--level", "config"], "sop-new check"),
        (["list"], "sop-new backends"),
        (["init"], "sop-new zenml-acme"),
        (["new"], "sop-new zenml-acme"),
        (["create", "--defaults"], "sop-new zenml-acme"),
        (["create", "my own", "--backend", "local"], "sop-new 'my own'"),
        (["version"], "sop-new --version"),
        (["--dry-run", "list"], "sop-new backends"),
    ],
)
def test_a_mistyped_command_is_no_destination(
    refused: Refused, typed: list[str], meant: str
) -> None:
    hint = refused(Code.COMMAND_MISTYPED, *typed).hint

    assert hint.startswith(f"{meant}; or sop-new ./")


def test_a_folder_with_the_name_of_another_command_is_a_destination(
    sop_new: SopNew, here: Path
) -> None:
    (here / "list").mkdir()

    assert sop_new("list").status == 0


def test_a_mistyped_option_names_the_nearest(refused: Refused) -> None:
    assert "--backend" in refused(Code.USAGE, "x", "--backedn", "local").hint


def test_a_mistyped_answer_names_the_nearest(refused: Refused) -> None:
    told = refused(Code.ANSWER_UNKNOWN, "zenml-acme", "-d", "bakend=local")

    assert "bakend" in told.message
    assert "backend" in told.hint


def test_a_mistyped_answer_in_a_file_names_the_file(refused: Refused, here: Path) -> None:
    (here / "answers.yml").write_text("licence: MIT\n")
    told = refused(Code.ANSWER_UNKNOWN, "zenml-acme", "--data-file", "answers.yml")

    assert "answers.yml" in told.message
    assert "license" in told.hint


def test_a_computed_answer_cannot_be_given(refused: Refused) -> None:
    told = refused(Code.ANSWER_UNKNOWN, "zenml-acme", "-d", "package_name=other")
    assert "computed" in told.message


def test_a_refused_answer_is_told_with_the_words_of_its_validator(refused: Refused) -> None:
    told = refused(Code.ANSWER_INVALID, "zenml-acme", "--flavor", "kubernetes")
    assert told.message == (
        "flavor (on the command line) is refused: "
        "Take my-kubernetes: ZenML ships kubernetes already."
    )


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["--backend", "lcoal"], "Did you mean local? --backend local"),
        (["--backend=lcoal"], "Did you mean local? --backend local"),
        (["-b", "lcoal"], "Did you mean local? -b local"),
        (["-blcoal"], "Did you mean local? -b local"),
        (["-d", "backend=lcoal"], "Did you mean local? -d backend=local"),
        (["-d", "license=mit"], "Did you mean MIT? -d license=MIT"),
        (["-d", "python_min=3.9"], "-d python_min=3.1"),
        (["-d", "ci=jenkins"], "Take one of them: -d ci=github"),
        (["--backend", "nowhere"], "Take one of them: --backend local"),
        (["--flavor", "My Own"], "Give another answer: --flavor …"),
        (["-d", "flavor=My Own"], "Give another answer: -d flavor=…"),
        (["--data-file", "answers.yml"], "Did you mean docker? backend: docker (in answers.yml)"),
    ],
)
def test_a_wrong_answer_names_the_nearest_as_it_was_given(
    refused: Refused, here: Path, typed: list[str], hint: str
) -> None:
    (here / "answers.yml").write_text("backend: dokcer\n")

    assert hint in refused(Code.ANSWER_INVALID, "zenml-acme", *typed).hint


def test_a_refused_choice_lists_the_choices(refused: Refused) -> None:
    message = refused(Code.ANSWER_INVALID, "zenml-acme", "--backend", "nowhere").message
    assert all(choice in message for choice in ("nowhere", "local", "blank"))


def test_a_number_where_yaml_needs_quotes_is_no_answer(refused: Refused, here: Path) -> None:
    (here / "answers.yml").write_text("python_min: 3.10\n")
    told = refused(Code.ANSWER_INVALID, "zenml-acme", "--data-file", "answers.yml")

    assert "a number: 3.1" in told.message
    assert "quotes" in told.hint


def test_a_refused_default_of_the_users_settings_is_told_so(
    refused: Refused, settings: Path
) -> None:
    settings.write_text("defaults: {license: GPL}\n")
    assert "settings" in refused(Code.ANSWER_INVALID, "zenml-acme").message


def test_two_answers_to_one_question_must_agree(refused: Refused, sop_new: SopNew) -> None:
    refused(Code.ANSWERS_CONFLICT, "x", "--backend", "local", "-d", "backend=blank")
    assert sop_new("x", "--backend", "local", "-d", "backend=local").status == 0


@pytest.mark.parametrize("content", [None, "- a list\n", "broken: [\n", "", b"\xff\xfe\x00"])
def test_an_unreadable_data_file(refused: Refused, here: Path, content: str | bytes | None) -> None:
    if content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (here / "answers.yml").write_bytes(data)

    told = refused(Code.DATA_FILE_UNREADABLE, "zenml-acme", "--data-file", "answers.yml")
    assert "answers.yml" in told.message


@pytest.mark.parametrize("content", ["broken: [\n", "defaults: 7\n"])
def test_unreadable_settings(refused: Refused, settings: Path, content: str) -> None:
    settings.write_text(content)
    refused(Code.SETTINGS_UNREADABLE, "zenml-acme")


@pytest.mark.parametrize("destination", ["file", "file/below"])
def test_a_file_is_no_destination(refused: Refused, here: Path, destination: str) -> None:
    (here / "file").write_text("mine")
    refused(Code.DESTINATION_UNUSABLE, destination)


def test_a_name_that_is_empty_is_no_destination(refused: Refused) -> None:
    told = refused(Code.DESTINATION_UNUSABLE, "", "--defaults")

    assert "empty" in told.message
    assert "sop-new zenml-acme" in told.hint


@pytest.mark.parametrize("destination", ["link", "link/zenml-acme"])
def test_a_link_that_leads_nowhere_is_no_destination(
    refused: Refused, here: Path, destination: str
) -> None:
    (here / "link").symlink_to("nowhere")
    told = refused(Code.DESTINATION_UNUSABLE, destination, "--force")

    assert "link is a link to" in told.message


def test_unprintable_characters_are_no_destination(refused: Refused) -> None:
    refused(Code.DESTINATION_UNUSABLE, "zenml\n-acme")


def test_a_folder_that_is_not_empty_is_refused(refused: Refused, here: Path) -> None:
    (here / "zenml-acme").mkdir()
    (here / "zenml-acme" / "mine").touch()

    assert "--force" in refused(Code.DESTINATION_NOT_EMPTY, "zenml-acme").hint


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_is_in_the_way_of_force_is_left_with_all_the_rest(
    refused: Refused, here: Path, tmp_path: Path, kind: str
) -> None:
    project = here / "zenml-acme"
    (project / "examples").mkdir(parents=True)
    (project / "examples" / "pipeline.py").write_text("mine")
    if kind == "folder":
        (project / "zenml_acme" / "operator.py").mkdir(parents=True)
    elif kind == "file":
        (project / "zenml_acme").write_text("mine")
    else:
        (project / "zenml_acme").symlink_to(tmp_path)

    told = refused(Code.DESTINATION_UNUSABLE, "zenml-acme", "--force")

    assert "zenml_acme" in told.message
    assert (project / "examples" / "pipeline.py").read_text() == "mine"
    assert not (tmp_path / "operator.py").exists()


def test_a_parent_that_cannot_be_made(refused: Refused) -> None:
    assert "name too long" in refused(Code.WRITE_FAILED, f"some/{'a' * 300}/acme").message


def test_a_disk_that_fills_up_half_way(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_bytes
    room = iter(range(5))

    def write_while_there_is_room(path: Path, data: bytes) -> int:
        if next(room, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_while_there_is_room)
    assert "No space left" in refused(Code.WRITE_FAILED, "some/zenml-acme").message


def test_a_disk_that_fills_up_while_files_are_replaced(
    refused: Refused, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = here / "zenml-acme" / ".copier-answers.yml"
    mine.parent.mkdir()
    mine.write_text("{}")
    rename = Path.rename

    def refuse_the_last(path: Path, target: Path) -> Path:
        if path.name == "source_tree.py":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse_the_last)
    refused(Code.WRITE_FAILED, "zenml-acme", "--force")

    assert mine.read_text() == "{}"


def test_git_is_missing(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "git" in refused(Code.GIT_MISSING, "zenml-acme").message


def test_the_template_is_missing(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(source, "PACKAGE", tmp_path / "generator" / "sop_new")
    refused(Code.TEMPLATE_MISSING, "zenml-acme")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("copier.yml", "broken: ["),
        ("template/x.jinja", "{% if %}"),
        ("template/y.jinja", "{{ z }}"),
    ],
)
def test_the_template_is_broken(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str, content: str
) -> None:
    checkout = tmp_path / "checkout"
    for name in ("partials", "template"):
        shutil.copytree(REPOSITORY / name, checkout / name)
    shutil.copy(REPOSITORY / "copier.yml", checkout)
    (checkout / file).write_text(content)
    monkeypatch.setattr(source, "PACKAGE", checkout / "generator" / "sop_new")

    refused(Code.TEMPLATE_FAILED, "zenml-acme")


def test_a_bundle_that_git_cannot_read(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copy(REPOSITORY / "copier.yml", tmp_path)
    (tmp_path / "template.bundle").write_text("no bundle")
    monkeypatch.setattr(source, "PACKAGE", tmp_path)

    assert refused(Code.TEMPLATE_FAILED, "zenml-acme").message.startswith("git can't read")


@pytest.mark.parametrize("present", [[], ["pyproject.toml"]])
def test_try_needs_a_project(refused: Refused, here: Path, present: list[str]) -> None:
    (here / "acme").mkdir()
    for name in present:
        (here / "acme" / name).touch()

    refused(Code.NOT_A_PROJECT, "try", "acme")


@pytest.mark.parametrize(
    "variables",
    [{"TMPDIR": "missing"}, {"TMPDIR": "", "HOME": "acme/file", "XDG_CACHE_HOME": "acme/file"}],
)
def test_try_needs_a_place_to_work_in(
    refused: Refused, here: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name in ("pyproject.toml", "examples/register.py", "examples/pipeline.py", "file"):
        (here / "acme" / name).parent.mkdir(parents=True, exist_ok=True)
        (here / "acme" / name).touch()
    for name, value in variables.items():
        monkeypatch.setenv(name, value and str(here / value))

    assert "TMPDIR" in refused(Code.WRITE_FAILED, "try", "acme").hint


def test_an_error_of_ours_has_no_traceback_in_a_process_of_its_own(here: Path) -> None:
    ran = run(*program(), "zenml-acme", "-d", "no", folder=here)

    assert ran.status == Code.USAGE.status
    assert "Traceback" not in ran.stderr


def test_a_fault_of_our_own_is_not_hidden(sop_new: SopNew, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault() -> NoReturn:
        raise AssertionError("a fault of ours")

    monkeypatch.setattr(layers, "find_template", fault)
    with pytest.raises(AssertionError, match="a fault of ours"):
        sop_new("zenml-acme")
