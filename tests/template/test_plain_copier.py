"""Copier's own command is enough, whatever door the template comes through."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.template.rendering import ANSWERS_FILE, git, read_files, render


def copier_copy(source: str, project: Path) -> dict[str, bytes]:
    copier = Path(sys.executable).with_name("copier")
    # With no file of settings and no terminal: nothing is trusted, and nothing can be asked.
    subprocess.run(
        [str(copier), "copy", "--defaults", "--vcs-ref=HEAD", source, str(project)],
        env=os.environ | {"COPIER_SETTINGS_PATH": str(project.with_name("settings.yml"))},
        stdin=subprocess.DEVNULL,
        check=True,
        capture_output=True,
    )
    files = read_files(project)
    files[ANSWERS_FILE] = re.sub(rb"(?m)^_src_path: .*$", b"", files[ANSWERS_FILE])
    return files


def test_a_path_a_url_and_the_api_give_the_same_bytes(template: Path, tmp_path: Path) -> None:
    clone = tmp_path / "sop-new.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(template), str(clone))

    from_path = copier_copy(str(template), tmp_path / "path" / "zenml-acme")
    from_url = copier_copy(clone.as_uri(), tmp_path / "url" / "zenml-acme")
    from_api = read_files(render(template, tmp_path / "api" / "zenml-acme", {}))

    assert from_path == from_url
    assert from_path.keys() == from_api.keys()
    assert all(from_path[name] == from_api[name] for name in from_api.keys() - {ANSWERS_FILE})
