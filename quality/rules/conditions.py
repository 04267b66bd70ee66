"""Row conditions: which rows an expectation speaks of, in the three forms that Great Expectations writes."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import numpy as np

from quality.contracts import shown
from quality.rules.columns import EXACT, Columns, Mask, is_absent
from quality.rules.sets import member
from schemas.errors import InputError

# Of each row: whether it holds the condition, and whether the condition cannot be asked of it.
Answer = tuple[Mask, Mask]
OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
# As many as Great Expectations allows.
MOST_CONDITIONS = 100


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A condition; `columns` are those it reads, and `compared` those whose values it compares."""

    columns: frozenset[str]
    compared: frozenset[str]
    ask: Callable[[Columns], Answer]


@dataclass(frozen=True)
class Name:
    """A column in an expression."""

    name: str


def compare(left: Name | Any, operator: str, right: Name | Any) -> Condition:
    """Compare a column with a column or a plain value; nothing but `!=` is true of an absent value."""
    names = frozenset(part.name for part in (left, right) if isinstance(part, Name))
    holds = OPERATORS[operator]

    def ask(data: Columns) -> Answer:
        first, second = _numbers(left, data), _numbers(right, data)
        if first is not None and second is not None:
            return holds(first, second), data.none
        return _one_by_one(data, (left, right), lambda a, b: _compare(a, b, operator))

    return Condition(columns=names, compared=names, ask=ask)


def _numbers(part: Any, data: Columns) -> Any:
    if isinstance(part, Name):
        return data.numbers(part.name)
    return float(part) if isinstance(part, int | float) and abs(part) < EXACT else None


def _compare(left: Any, right: Any, operator: str) -> bool:
    if is_absent(left) or is_absent(right):
        return operator == "!="
    return bool(OPERATORS[operator](left, right))


def _one_by_one(data: Columns, parts: tuple[Any, Any], holds: Callable[[Any, Any], bool]) -> Answer:
    left, right = (data.values(part.name) if isinstance(part, Name) else [part] * data.count for part in parts)
    found, refused = data.none.copy(), data.none.copy()
    for row, (first, second) in enumerate(zip(left, right, strict=True)):
        try:
            found[row] = holds(first, second)
        except TypeError:  # a text and a number, say
            refused[row] = True
    return found, refused


def among(name: str, values: list[Any], *, inside: bool) -> Condition:
    """Ask for a listed value, or for another: an absent value is another."""
    listed = member(values)

    def ask(data: Columns) -> Answer:
        found = data.mask([not is_absent(value) and listed(value) for value in data.values(name)])
        return (found if inside else ~found), data.none

    return Condition(columns=frozenset({name}), compared=frozenset({name}), ask=ask)


def nullity(name: str, *, is_null: bool) -> Condition:
    """Ask for an absent value, or for a present one."""

    def ask(data: Columns) -> Answer:
        absent = data.absent(name)
        return (absent if is_null else ~absent), data.none

    return Condition(columns=frozenset({name}), compared=frozenset(), ask=ask)


def both(parts: list[Condition]) -> Condition:
    """Ask for all of the conditions. Each is asked of every row, as in Great Expectations."""
    return _joined(parts, np.logical_and)


def either(parts: list[Condition]) -> Condition:
    """Ask for any of the conditions."""
    return _joined(parts, np.logical_or)


def negated(part: Condition) -> Condition:
    """Ask for the contrary."""

    def ask(data: Columns) -> Answer:
        holds, refused = part.ask(data)
        return ~holds, refused

    return Condition(columns=part.columns, compared=part.compared, ask=ask)


def _joined(parts: list[Condition], together: Callable[[Mask, Mask], Mask]) -> Condition:
    def ask(data: Columns) -> Answer:
        answers = [part.ask(data) for part in parts]
        holds = reduce(together, [holds for holds, _ in answers])
        return holds, reduce(np.logical_or, [refused for _, refused in answers])

    return Condition(
        columns=frozenset().union(*(part.columns for part in parts)),
        compared=frozenset().union(*(part.compared for part in parts)),
        ask=ask,
    )


def structured(given: Mapping[str, Any]) -> Condition:
    """Return the condition that a suite holds as an object."""
    if _count(given) > MOST_CONDITIONS:
        raise InputError(f"row_condition holds more than {MOST_CONDITIONS} conditions: split the expectation.")
    return _structured(given, frozenset({"and", "or"}))


def _structured(given: Any, groups: frozenset[str]) -> Condition:
    kind = given.get("type") if isinstance(given, Mapping) else None
    if kind == "comparison":
        return _comparison(_name(given), given.get("operator"), given.get("parameter"))
    if kind == "nullity" and isinstance(given.get("is_null"), bool):
        return nullity(_name(given), is_null=given["is_null"])
    if kind in groups and isinstance(given.get("conditions"), list) and given["conditions"]:
        # Great Expectations allows no OR within a group.
        parts = [_structured(part, frozenset({"and"})) for part in given["conditions"]]
        return both(parts) if kind == "and" else either(parts)
    raise InputError(
        f"row_condition holds {shown(given)}, which is not one that Great Expectations knows: a comparison, a nullity, "
        "an `and` of those, or an `or` of all these."
    )


def _count(given: Any) -> int:
    parts = given.get("conditions") if isinstance(given, Mapping) else None
    return sum(map(_count, parts)) if isinstance(parts, list) else 1


def _name(given: Mapping[str, Any]) -> str:
    column = given.get("column")
    name = column.get("name") if isinstance(column, Mapping) else None
    if not isinstance(name, str):
        raise InputError(f'row_condition needs a column, as {{"name": "..."}}, in {shown(given)}.')
    return name


def _comparison(name: str, operator: Any, parameter: Any) -> Condition:
    if operator in ("IN", "NOT_IN"):
        return among(name, _listed(parameter), inside=operator == "IN")
    if not isinstance(operator, str) or operator not in OPERATORS:
        raise InputError(
            f"row_condition has the operator {shown(operator)}; there are {' '.join(OPERATORS)} IN NOT_IN."
        )
    return compare(Name(name), operator, plain(parameter))


def plain(parameter: Any) -> Any:
    """Return a text, a finite number or a truth value; anything else is refused."""
    if not isinstance(parameter, str | int | float) or (isinstance(parameter, float) and not math.isfinite(parameter)):
        raise InputError(f"row_condition compares with {shown(parameter)}: it must be a text, a finite number or true.")
    return parameter


def _listed(parameter: Any) -> list[Any]:
    values = parameter if isinstance(parameter, list) else [None]
    if not all(type(value) in (int, float) for value in values) and not all(type(value) is str for value in values):
        raise InputError(f"row_condition asks for one of {shown(parameter)}: it must be a list of numbers or of texts.")
    return values
