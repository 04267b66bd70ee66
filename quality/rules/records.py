"""Records: rules about several values of one row."""

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise
from operator import add, ge, gt
from typing import Any

import numpy as np

from quality.rules import arguments
from quality.rules.columns import EXACT, Columns, Mask, Numbers, is_absent
from quality.rules.rule import Compiled, Kwargs

# Stands for NaN, which is not equal to itself, though all NaN are one value here.
NAN = object()


def greater(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for a first value above the second, or at least equal to it; an absent one is neither."""
    or_equal = arguments.flag(kwargs, "or_equal")
    above: Callable[[Any, Any], Any] = ge if or_equal else gt
    first, second = columns

    def bad(values: Sequence[object]) -> bool:
        return any(map(is_absent, values)) or not above(*values)

    def check(data: Columns) -> Mask:
        left, right = data.numbers(first), data.numbers(second)
        if left is None or right is None:
            return data.rows(columns, bad)
        kept: Mask = above(left, right)
        return ~kept

    return check, f"{first} {'>=' if or_equal else '>'} {second}"


def pair_equal(columns: tuple[str, ...], _: Kwargs) -> Compiled:
    """Ask for two equal values; an absent one equals nothing."""

    def bad(values: Sequence[object]) -> bool:
        first, second = values
        return is_absent(first) or is_absent(second) or first != second

    return lambda data: data.rows(columns, bad), "equal values"


def all_equal(columns: tuple[str, ...], _: Kwargs) -> Compiled:
    """Ask for values that are all equal; absent ones are equal to each other."""

    def bad(values: Sequence[object]) -> bool:
        known = [None if is_absent(value) else value for value in values]
        return any(first != second for first, second in pairwise(known))

    return lambda data: data.rows(columns, bad), "equal values"


def all_different(columns: tuple[str, ...], _: Kwargs) -> Compiled:
    """Ask for values that are all different; two absent ones are not, unless only one of them is NaN."""

    def bad(values: Sequence[object]) -> bool:
        return len({NAN if value is not None and is_absent(value) else value for value in values}) < len(values)

    return lambda data: data.rows(columns, bad), "different values"


def sum_equal(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for values that add up, from left to right, to exactly the total; with an absent one they do not."""
    total = arguments.needed_number(kwargs, "sum_total")

    def bad(values: Sequence[Any]) -> bool:
        return any(map(is_absent, values)) or reduce(add, values) != total

    def check(data: Columns) -> Mask:
        sums = _sums(columns, data)
        return data.rows(columns, bad) if sums is None else sums != total

    return check, f"a sum of {total:g}"


def _sums(columns: tuple[str, ...], data: Columns) -> Numbers | None:
    """Return the sum of each row, None where floats would round what Python's integers do not."""
    whole = any(int in data.kinds(name) or bool in data.kinds(name) for name in columns)
    found: Numbers | None = None
    for name in columns:
        numbers = data.numbers(name)
        if numbers is None:
            return None
        with np.errstate(all="ignore"):  # an infinity less itself is NaN, which is no total
            found = numbers if found is None else found + numbers
        if whole and (np.abs(found) >= EXACT).any():
            return None
    return found
