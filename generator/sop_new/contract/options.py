"""Values that options take."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin

PLAIN: list[Any] = [True, False, 1, 2, 60, 0.5, "contract", "1", ["contract"]]


def guessed(model: Any) -> dict[str, Any]:
    """Return values for the options that a model cannot do without: examples, or any text."""
    return {
        name: field.examples[0] if field.examples else f"contract-{name}"
        for name, field in model.model_fields.items()
        if field.is_required()
    }


def variants(model: Any, name: str, given: dict[str, Any]) -> Iterator[Any]:
    """Yield values that an option of a model takes, and that are not its default."""
    base = getattr(model(**given), name)
    for value in [*_named(model.model_fields[name].annotation), *PLAIN, {"a": "b"}]:
        try:
            taken = getattr(model(**(given | {name: value})), name)
        except Exception:
            continue
        # Not one that is made into another, such as 1 into True.
        if taken != base and taken == value and type(taken) is type(value):
            yield value


def variant(model: Any, name: str, given: dict[str, Any]) -> Any:
    """Return such a value; None if none is found."""
    return next(variants(model, name, given), None)


def _named(annotation: Any) -> Iterator[Any]:
    """Yield the values that a type names."""
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        yield from annotation
    for argument in get_args(annotation):
        if isinstance(argument, (str, int)):
            yield argument
        else:
            yield from _named(argument)


def types_in(annotation: Any) -> set[Any]:
    """Name the types that an annotation allows, without their arguments."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return set().union(*map(types_in, get_args(annotation)))
    return {origin or annotation}


def in_a_line(error: Exception) -> str:
    """Tell an exception of pydantic's in one line."""
    return " ".join(str(error).split())[:200]
