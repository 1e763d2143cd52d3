"""What the README of a generated project says holds."""

import re
from pathlib import Path

import pytest

from tests.template.environments import Environment, lay_over
from tests.template.looking import seen
from tests.template.projects import NAME, Project
from tests.template.rendering import render


def blocks(readme: str, section: str, language: str) -> str:
    """The code of one language in one section."""
    [text] = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", readme, re.MULTILINE | re.DOTALL)
    return "".join(re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def test_the_table_of_options_is_complete_and_right(project: Project) -> None:
    readme = (project.folder / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", readme, re.MULTILINE)

    options = seen(project).options
    assert {name: level for name, level, _ in rows} == {
        name: level for name, (level, _) in options.items()
    }
    for name, _, shown in rows:
        default = options[name][1]
        if default is None:
            assert "`" not in shown
        else:
            text = str(default).lower() if isinstance(default, bool) else str(default)
            assert shown == f"`{text}`", name


@pytest.fixture
def folder(template_folder: Path, tmp_path: Path) -> Path:
    return render(template_folder, tmp_path / NAME, {})


@pytest.fixture
def environment(zenml_environment: Path, folder: Path, tmp_path: Path) -> Environment:
    environment = lay_over(zenml_environment, tmp_path / "environment")
    environment.install("--editable", str(folder))
    return environment


def test_its_commands_register_and_its_code_runs(
    environment: Environment, folder: Path, tmp_path: Path
) -> None:
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for line in blocks(readme, "Register", "sh").splitlines():
        program, *arguments = line.split()
        environment.run_script(program, *arguments, folder=tmp_path)

    elsewhere = tmp_path / "pipelines"
    elsewhere.mkdir()
    code = blocks(readme, "Use", "python") + '\n\nif __name__ == "__main__":\n    training()\n'
    (elsewhere / "training.py").write_text(code, encoding="utf-8")
    told = environment.run("training.py", folder=elsewhere)
    assert "Using step operator acme to run step train" in re.sub(r"\x1b\[[\d;]*m|`", "", told)
    assert "Pipeline run has finished" in re.sub(r"\x1b\[[\d;]*m|`", "", told)
