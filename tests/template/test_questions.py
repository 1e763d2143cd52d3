"""Every answer that would do harm is refused with its message; every default is an answer."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.template.combinations import LONGEST
from tests.template.rendering import ANSWERS_FILE, REPOSITORY, read_questions, render

SHIPPED = (
    *("azureml", "baseten", "databricks", "kubernetes", "modal", "runai", "sagemaker", "spark"),
    *("ssh", "vertex"),
)

# Question, message, and the answers that get it.
REFUSED = [
    *(
        (
            name,
            f"Use at most {len(longest)} characters.",
            [longest + "x"],
        )
        for name, longest in LONGEST.items()
    ),
    (
        "project_name",
        "Use a-z, 0-9, single dashes; a letter first: zenml-acme.",
        [
            *("", "Acme", "9lives", "a--b", "-a", "a-", "a_b", "a.b", "a b", "ünï", "a\n", "a\nb"),
            *("../acme", "a/b", "a\\b", "{{ 6 * 7 }}", 'a"b', "~"),
        ],
    ),
    (
        "project_name",
        "Take zenml-class: class is a Python keyword.",
        ["class"],
    ),
    (
        "project_name",
        "Take zenml-json: json would hide Python's own.",
        ["json"],
    ),
    *(
        (
            "project_name",
            f"Take zenml-{name}-operator: it needs {name} itself.",
            [name],
        )
        for name in ["zenml", "pydantic", "tests", "examples"]
    ),
    (
        "flavor",
        "Use a-z, 0-9, single - and _; a letter first: acme.",
        ["", "Acme", "9", "a--b", "a_", "a b", "a/b", "a\n", '"'],
    ),
    *(
        (
            "flavor",
            f"Take my-{name}: ZenML ships {name} already.",
            [name],
        )
        for name in SHIPPED
    ),
    (
        "class_prefix",
        "Use A-Z, a-z, 0-9; an upper-case letter first: Acme.",
        ["", "acme", "9A", "A-b", "A_b", "Ä", "A\n"],
    ),
    (
        "class_prefix",
        "Take another prefix: BaseStepOperator is ZenML's own.",
        ["Base"],
    ),
    (
        "runtime",
        "Leave runtime out: local runs commands on a host.",
        ["image"],
    ),
    ("description", "Say in a sentence what it is.", ["", " \n "]),
    ("description", "Use at most 512 characters.", ["d" * 513]),
    (
        "description",
        "Use plain text: there are control characters.",
        [f"a{mark}b" for mark in "\0\t\r\x1b\x7f\x85\u2028"],
    ),
    ("user_name", "Use at most 120 characters.", ["n" * 121]),
    (
        "user_name",
        "Use plain text on one line: there are control characters.",
        [f"a{mark}b" for mark in "\0\t\r\n\x1b\x7f\x85\u2029"],
    ),
    (
        "user_email",
        "Write name@example.org, or leave it empty.",
        [
            *("ada", "ada@", "@example.org", "ada@localhost", "a b@example.org", "a@b@c.org"),
            *('"a"@x.org', "a\\b@x.org", "a@x.org\n", "<a@x.org>", "ünï@x.org"),
            *("a..b@x.org", ".a@x.org", "a.@x.org"),
        ],
    ),
    ("package_name", "Set project_name instead: package_name follows from it.", ["other"]),
]

CASES = [
    pytest.param(question, answer, message, id=f"{question}-{answer[:50]!r}")
    for question, message, answers in REFUSED
    for answer in answers
]

DESTINATIONS = [
    *("42", "---", "-x-", "a", "a" * 200, "a-" * 40, f"zenml-{'a' * 33}-b", f"zenml-{'1' * 50}"),
    *("zenml", "zenml-", "zenml-zenml", "zenml_acme", "ZenML Acme", "zenml-42", "base", "Base"),
    *("zenml-base", "class", "json", "tests", "docs", "pydantic", "con", "a.git", "None", "true"),
    *("kubernetes", "ssh", "zenml-kubernetes", "spark-kubernetes", "my-spark-kubernetes", "1e3"),
    *("Ünï 9 kubernetes", "日本", "🎉", "it's {{ 6 * 7 }}", "{% raw %}", 'a"b', "a\\b", "a\nb"),
    *(" ", "..."),
]


@pytest.fixture(scope="session")
def questionnaire(template_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template with all of its questions, and with the answers as its only file."""
    folder = tmp_path_factory.mktemp("questionnaire")
    for name in ("copier.yml", "partials", "template/{{ _copier_conf.answers_file }}.jinja"):
        (folder / name).parent.mkdir(exist_ok=True)
        copy = shutil.copytree if (template_folder / name).is_dir() else shutil.copyfile
        copy(template_folder / name, folder / name)
    return folder


@pytest.mark.parametrize(("question", "answer", "message"), CASES)
def test_a_bad_answer_is_refused_with_its_message(
    questionnaire: Path, tmp_path: Path, question: str, answer: str, message: str
) -> None:
    with pytest.raises(ValueError) as refusal:
        render(questionnaire, tmp_path / "zenml-acme", {question: answer})
    assert str(refusal.value) == f"Validation error for question '{question}': {message}"
    assert not (tmp_path / "zenml-acme").exists()


@pytest.mark.parametrize("message", sorted({message for _, message, _ in REFUSED}))
def test_a_narrow_screen_shows_what_to_do(message: str) -> None:
    assert message.split()[0] in {"Use", "Take", "Write", "Say", "Set", "Leave"}
    assert len(message) <= 60


def test_every_question_with_a_validator_refuses_something() -> None:
    validated = {name for name, question in read_questions().items() if "validator" in question}
    assert {question for question, *_ in REFUSED} == validated


def test_every_message_of_the_names_is_provoked() -> None:
    source = (REPOSITORY / "partials" / "names.jinja").read_text(encoding="utf-8")
    macros = re.findall(r"macro \w+_error\(.*?endmacro", source, re.DOTALL)
    lines = [line.strip() for macro in macros for line in macro.splitlines()[1:]]
    messages = [line for line in lines if not line.startswith("{%")]
    assert len(messages) > 10
    for message in messages:
        parts = re.split(r"\{\{.*?\}\}", message)
        pattern = re.compile(".+".join(map(re.escape, parts)))
        assert any(pattern.fullmatch(given) for _, given, _ in REFUSED), message


@pytest.mark.parametrize("name", DESTINATIONS)
def test_the_defaults_are_answers_that_pass(questionnaire: Path, tmp_path: Path, name: str) -> None:
    # Copier validates what it is given, but not what it takes as a default.
    project = render(questionnaire, tmp_path / name, {})
    answers = yaml.safe_load((project / ANSWERS_FILE).read_text(encoding="utf-8"))
    given = {name: answers[name] for name in read_questions() if name in answers}
    render(questionnaire, tmp_path / "again", given, pretend=True)


def test_a_choice_that_is_none_is_refused(questionnaire: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="backend"):
        render(questionnaire, tmp_path / "zenml-acme", {"backend": "abacus"})
