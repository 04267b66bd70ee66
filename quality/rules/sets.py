"""Sets: values, and pairs of values, that are listed."""

from collections.abc import Callable, Sequence
from typing import Any

from quality.contracts import shown
from quality.rules import arguments
from quality.rules.columns import is_absent
from quality.rules.rule import Compiled, Kwargs
from schemas.errors import InputError


def in_set(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for one of the listed values; 1, 1.0 and true are one value, as in Great Expectations."""
    values, name = arguments.scalars(kwargs, "value_set"), columns[0]
    listed = member(values)
    return lambda data: data.where(name, lambda value: not listed(value)), f"one of {shown(values)}"


def not_in_set(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for none of the listed values."""
    values, name = arguments.scalars(kwargs, "value_set"), columns[0]
    listed = member(values)
    return lambda data: data.where(name, listed), f"none of {shown(values)}"


def member(values: Sequence[Any]) -> Callable[[object], bool]:
    """Return a test of membership; a list or an object is never a member."""
    listed = frozenset(values)

    def holds(value: object) -> bool:
        try:
            return value in listed
        except TypeError:
            return False

    return holds


def pair_in_set(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for a listed pair; null among the listed stands for an absent value."""
    pairs = kwargs.get("value_pairs_set")
    if not isinstance(pairs, list) or not all(_is_pair(pair) for pair in pairs):
        raise InputError("value_pairs_set must be a list of pairs, each a list of two texts, numbers, true or false.")
    listed = frozenset((first, second) for first, second in pairs)

    def bad(values: Sequence[object]) -> bool:
        first, second = (None if is_absent(value) else value for value in values)
        return (first, second) not in listed

    return lambda data: data.rows(columns, bad), f"one of the pairs {shown(pairs)}"


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and not any(isinstance(part, list | dict) for part in pair)  # noqa: PLR2004 - a pair
