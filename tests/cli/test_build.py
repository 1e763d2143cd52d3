"""What is built carries the template, by whatever way it is built."""

from __future__ import annotations

import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.cli.sop_new_runs import ANSWERS_FILE, contents, git, program, run, succeed, uv

CARRIED = ("sop_new/copier.yml", "sop_new/template.bundle")


def packed(wheel: Path) -> dict[str, bytes]:
    """The files of the package in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith("sop_new/")]
        return {name: archive.read(name) for name in names}


def heads(bundle: bytes, folder: Path) -> str:
    """The commits that a bundle names."""
    (folder / "bundle").write_bytes(bundle)
    return git(folder, "bundle", "list-heads", "bundle")


def copy_without_history(clone: Path, folder: Path) -> Path:
    shutil.copytree(clone, folder, ignore=shutil.ignore_patterns(".git"))
    return folder


def test_a_wheel_of_a_checkout_equals_the_wheel_of_its_sdist(
    clone: Path, wheels: Path, tmp_path: Path
) -> None:
    # uv builds the wheel beside an sdist from that sdist.
    [from_sdist] = wheels.glob("*.whl")
    succeed(uv(), "build", "--quiet", "--wheel", "--out-dir", tmp_path, clone, folder=tmp_path)
    [from_checkout] = tmp_path.glob("*.whl")

    one, other = packed(from_checkout), packed(from_sdist)
    assert one.keys() == other.keys()
    assert one["sop_new/copier.yml"] == (clone / "copier.yml").read_bytes()
    for files in (one, other):
        assert git(clone, "rev-parse", "HEAD").strip() in heads(files[CARRIED[1]], tmp_path)


def test_building_leaves_the_checkout_clean(clone: Path, wheels: Path) -> None:
    assert list(wheels.glob("*.whl"))
    assert git(clone, "status", "--porcelain", "--ignored") == ""


def test_the_bundle_carries_the_tags_of_its_own_history_alone(clone: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    git(tmp_path, "clone", "--quiet", str(clone), str(checkout))
    git(checkout, "tag", "1.0.0")
    git(checkout, "switch", "--quiet", "--create", "elsewhere")
    git(checkout, "commit", "--quiet", "--allow-empty", "--message", "Elsewhere")
    git(checkout, "tag", "9.9.9")
    git(checkout, "switch", "--quiet", "--detach", "1.0.0")
    succeed(uv(), "build", "--quiet", "--wheel", "--out-dir", tmp_path, checkout, folder=tmp_path)

    [wheel] = tmp_path.glob("*.whl")
    named = heads(packed(wheel)[CARRIED[1]], tmp_path)
    assert "refs/tags/1.0.0" in named
    assert "9.9.9" not in named


def test_pip_installs_from_a_git_url(clone: Path, tmp_path: Path) -> None:
    succeed(sys.executable, "-m", "venv", "environment", folder=tmp_path)
    python = tmp_path / "environment" / "bin" / "python"
    url = f"git+{clone.as_uri()}"
    succeed(python, "-m", "pip", "install", "--no-deps", url, folder=tmp_path)
    [package] = tmp_path.glob("environment/lib/python*/site-packages/sop_new")

    assert git(clone, "rev-parse", "HEAD").strip() in heads(
        (package / "template.bundle").read_bytes(), tmp_path
    )


def test_an_editable_install_uses_the_checkout_and_what_is_not_committed(
    clone: Path, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    git(tmp_path, "clone", "--quiet", str(clone), str(checkout))
    (checkout / "template" / "draft.txt").write_text("a draft")
    succeed(uv(), "venv", "--quiet", "--python", sys.executable, "environment", folder=tmp_path)
    python = tmp_path / "environment" / "bin" / "python"
    succeed(
        *(uv(), "pip", "install", "--quiet", "--python", python, "--editable", checkout),
        folder=tmp_path,
    )
    succeed(*program(python), "zenml-acme", folder=tmp_path)

    noted = yaml.safe_load((tmp_path / "zenml-acme" / ANSWERS_FILE).read_text())
    assert noted["_src_path"] == str(checkout)
    assert (tmp_path / "zenml-acme" / "draft.txt").read_text() == "a draft"


@pytest.mark.parametrize("inside_another_repository", [False, True])
def test_without_history_the_build_says_so(
    clone: Path, tmp_path: Path, inside_another_repository: bool
) -> None:
    if inside_another_repository:
        git(tmp_path, "init", "--quiet")
    source = copy_without_history(clone, tmp_path / "source")
    ran = run(uv(), "build", "--wheel", source, folder=tmp_path)

    assert ran.status != 0
    assert "neither a git checkout nor an unpacked sdist" in ran.stderr


def test_of_a_shallow_clone_the_build_says_how_to_deepen_it(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "1", clone.as_uri(), "shallow")
    ran = run(uv(), "build", "--wheel", tmp_path / "shallow", folder=tmp_path)

    assert ran.status != 0
    assert "git fetch --unshallow" in ran.stderr


@pytest.mark.parametrize("folder", ["sop_new/contract/", "sop_new/team/starter/"])
def test_a_wheel_holds_all_files_that_are_no_modules_of_ours(
    clone: Path, wheels: Path, folder: str
) -> None:
    [wheel] = wheels.glob("*.whl")
    carried = {name: data for name, data in packed(wheel).items() if name.startswith(folder)}

    assert carried == {
        f"{folder}{path}": data for path, data in contents(clone / "generator" / folder).items()
    }


def test_the_sdist_holds_what_a_wheel_needs(wheels: Path) -> None:
    [sdist] = wheels.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {f"generator/{name}" for name in CARRIED} <= names
