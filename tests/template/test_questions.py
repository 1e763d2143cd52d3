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
            f"A {name.replace('_', ' ')} has at most {len(longest)} characters.",
            [longest + "x"],
        )
        for name, longest in LONGEST.items()
    ),
    (
        "project_name",
        "A project name is made of lower-case letters, digits and single dashes, "
        "and starts with a letter: zenml-acme.",
        [
            *("", "Acme", "9lives", "a--b", "-a", "a-", "a_b", "a.b", "a b", "ünï", "a\n", "a\nb"),
            *("../acme", "a/b", "a\\b", "{{ 6 * 7 }}", 'a"b', "~"),
        ],
    ),
    (
        "project_name",
        "The package would be named class, which is a Python keyword: take zenml-class.",
        ["class"],
    ),
    (
        "project_name",
        "The package json would hide Python's own module of that name: take zenml-json.",
        ["json"],
    ),
    *(
        (
            "project_name",
            f"The package {name} would hide what the project itself needs under that name: "
            f"take zenml-{name}-operator or the like.",
            [name],
        )
        for name in ["zenml", "pydantic", "tests", "examples"]
    ),
    (
        "flavor",
        "A flavor is made of lower-case letters, digits, single dashes and underscores, "
        "and starts with a letter: acme.",
        ["", "Acme", "9", "a--b", "a_", "a b", "a/b", "a\n", '"'],
    ),
    *(
        (
            "flavor",
            f"ZenML ships a step operator of flavor {name} already: take my-{name} or the like.",
            [name],
        )
        for name in SHIPPED
    ),
    (
        "class_prefix",
        "A class prefix is made of letters and digits of ASCII "
        "and starts with an upper-case letter: Acme.",
        ["", "acme", "9A", "A-b", "A_b", "Ä", "A\n"],
    ),
    (
        "class_prefix",
        "BaseStepOperator is ZenML's own class: take another prefix.",
        ["Base"],
    ),
    (
        "runtime",
        "The backend local runs commands on a host: leave runtime out, or take another backend.",
        ["image"],
    ),
    ("description", "The description is empty: say in a sentence what it is.", ["", " \n "]),
    ("description", "The description has at most 512 characters.", ["d" * 513]),
    (
        "description",
        "The description holds control characters: write plain text.",
        [f"a{mark}b" for mark in "\0\t\r\x1b\x7f\x85\u2028"],
    ),
    ("user_name", "The name has at most 120 characters.", ["n" * 121]),
    (
        "user_name",
        "The name holds control characters: write plain text on one line.",
        [f"a{mark}b" for mark in "\0\t\r\n\x1b\x7f\x85\u2029"],
    ),
    (
        "user_email",
        "That is no email address: write name@example.org, or leave it empty.",
        [
            *("ada", "ada@", "@example.org", "ada@localhost", "a b@example.org", "a@b@c.org"),
            *('"a"@x.org', "a\\b@x.org", "a@x.org\n", "<a@x.org>", "ünï@x.org"),
            *("a..b@x.org", ".a@x.org", "a.@x.org"),
        ],
    ),
    ("package_name", "package_name follows from project_name: set that instead.", ["other"]),
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
