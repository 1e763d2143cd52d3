"""The answers to try, derived from the questions in copier.yml."""

from collections.abc import Mapping, Sequence
from itertools import cycle, product
from typing import Any

from jinja2 import Environment

# These decide together which files there are: every one of their combinations is tried. The other
# questions take their values in turn; the licence, too, decides about files of its own alone.
INTERACTING = ("backend", "runtime", "ci")

LINE = 'O\'Brien "Bob" \\ {{ 6 + 7 }} {% raw %} <b> &amp; *a* _b_ `c` [d](e) #f ünï 日本 🎉'
PARAGRAPH = (
    f"{LINE}\n# no heading\n1. no list\n- none either\n=====\n\n    no code: it's text\n> the end"
)

LONGEST = {"project_name": "p" * 40, "flavor": "f" * 40, "class_prefix": "P" * 28}

SAMPLES: Mapping[str, Sequence[str]] = {
    "project_name": [
        "zenml-acme",
        "a",
        "-".join("abcdefghijklmnopqrst"),
        "x2",
        LONGEST["project_name"],
    ],
    "flavor": ["acme", "a", "a_b-c", LONGEST["flavor"], "x2"],
    "description": ["Runs steps on Acme", PARAGRAPH, "it's", LINE, "x" * 512, "'''", '"""'],
    "class_prefix": ["Acme", "A", "ABCompute2", LONGEST["class_prefix"], "My"],
    "user_name": ["", "Ada Lovelace", LINE, "Example & Sons, Ltd.", "'", "日本", "N" * 120],
    "user_email": ["", "ada@example.org", "a.b+c{d}@sub.example.org"],
}


def combinations(
    questions: Mapping[str, Mapping[str, Any]],
    *,
    interacting: Sequence[str] = INTERACTING,
    samples: Mapping[str, Sequence[str]] = SAMPLES,
) -> list[dict[str, str]]:
    """Sets of answers with every value of every question, and all pairs of those that interact.

    Args:
        questions: the questions of copier.yml by name.
        interacting: names of the questions whose full product is taken.
        samples: values to try for the questions without choices.

    Raises:
        ValueError: if a question has neither choices nor samples, or samples have no question.
    """
    asked = {
        name for name, question in questions.items() if question.get("when", True) is not False
    }
    if unknown := {*interacting, *samples} - asked:
        raise ValueError(f"copier.yml asks no longer for {sorted(unknown)}")
    values: dict[str, Sequence[str]] = {
        name: questions[name].get("choices") or samples.get(name, ()) for name in sorted(asked)
    }
    if missing := [name for name, choices in values.items() if not choices]:
        raise ValueError(f"add samples for {missing}, which copier.yml asks for")

    turns = {name: cycle(choices) for name, choices in values.items() if name not in interacting}
    products = _products(questions, {name: values[name] for name in interacting})
    rounds = max([len(products), *(len(values[name]) for name in turns)])
    return [
        chosen | {name: next(turn) for name, turn in turns.items()}
        for chosen, _ in zip(cycle(products), range(rounds), strict=False)
    ]


def _products(
    questions: Mapping[str, Mapping[str, Any]], values: Mapping[str, Sequence[str]]
) -> list[dict[str, str]]:
    """Every combination of these values, each without answers that nobody would be asked for."""
    products: list[dict[str, str]] = []
    for chosen in product(*values.values()):
        answers = dict(zip(values, chosen, strict=True))
        asked = {
            name: answer for name, answer in answers.items() if _asked(questions[name], answers)
        }
        if asked not in products:
            products.append(asked)
    return products


def _asked(question: Mapping[str, Any], answers: Mapping[str, str]) -> bool:
    return Environment().from_string(str(question.get("when", True))).render(answers) == "True"
