"""The list of combinations forgets nothing."""

from typing import Any

import pytest

from tests.template.combinations import combinations

QUESTIONS: dict[str, dict[str, Any]] = {
    "engine": {"type": "str", "choices": ["a", "b"]},
    "host": {"type": "str", "choices": ["x", "y", "z"]},
    "python": {"type": "str", "choices": ["1", "2", "3", "4"]},
    "title": {"type": "str"},
    "computed": {"type": "str", "when": False},
}


def combine(questions: dict[str, dict[str, Any]]) -> list[dict[str, str]]:
    titles = [f"title {number}" for number in range(7)]
    return combinations(questions, interacting=["engine", "host"], samples={"title": titles})


def test_questions_that_interact_are_tried_in_every_pair() -> None:
    pairs = {(answers["engine"], answers["host"]) for answers in combine(QUESTIONS)}
    assert len(pairs) == 2 * 3


def test_every_value_of_the_other_questions_is_tried() -> None:
    tried = combine(QUESTIONS)
    assert {answers["python"] for answers in tried} == {"1", "2", "3", "4"}
    assert len({answers["title"] for answers in tried}) == 7


def test_computed_values_are_no_answers() -> None:
    assert all("computed" not in answers for answers in combine(QUESTIONS))


def test_what_is_not_asked_is_no_answer() -> None:
    asked_of_a = QUESTIONS | {"host": QUESTIONS["host"] | {"when": "{{ engine == 'a' }}"}}
    pairs = [(answers["engine"], answers.get("host")) for answers in combine(asked_of_a)]
    assert set(pairs) == {("a", "x"), ("a", "y"), ("a", "z"), ("b", None)}
    assert pairs[:4].count(("b", None)) == 1


def test_a_new_choice_is_tried_at_once() -> None:
    questions = QUESTIONS | {"engine": {"choices": ["a", "b", "c"]}}
    assert len(combine(questions)) == 3 * 3


def test_a_new_question_without_samples_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"add samples for .*queue"):
        combine(QUESTIONS | {"queue": {"type": "str"}})


def test_samples_of_a_removed_question_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"no longer for .*title"):
        combine({name: question for name, question in QUESTIONS.items() if name != "title"})
