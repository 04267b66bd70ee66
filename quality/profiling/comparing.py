"""Candidates about two columns of numbers: that they are equal, or that one is never below the other."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from quality.profiling.candidate import Candidate
from quality.profiling.caution import Caution
from quality.profiling.chance import unlikely
from quality.profiling.profile import GREATEST, ColumnProfile, is_number
from quality.rules.columns import Numbers

ABOVE = "expect_column_pair_values_a_to_be_greater_than_b"


def candidates(
    columns: Mapping[str, Sequence[object]], profiles: Sequence[ColumnProfile], caution: Caution
) -> Iterator[Candidate]:
    """Yield the relations of numbers, identifiers left out, that would hardly hold if columns were independent."""
    measured = sorted(each.name for each in profiles if each.numbers is not None and not _is_identifier(each))
    numbers = {name: _numbers(columns[name]) for name in measured}
    for one, other in combinations(measured, 2):
        both = ~(np.isnan(numbers[one]) | np.isnan(numbers[other]))
        left, right = numbers[one][both], numbers[other][both]
        if not len(left):
            continue
        if _holds(left == right, _equal_by_chance(left, right), caution, len(profiles)):
            yield _pair("expect_column_pair_values_to_be_equal", one, other, {})
        elif _holds(left >= right, _above_by_chance(left, right), caution, len(profiles)):
            yield _pair(ABOVE, one, other, {"or_equal": True})
        elif _holds(right >= left, _above_by_chance(right, left), caution, len(profiles)):
            yield _pair(ABOVE, other, one, {"or_equal": True})


def _is_identifier(column: ColumnProfile) -> bool:
    return column.unique and column.count("int") == column.present


def _numbers(values: Sequence[object]) -> Numbers:
    """Return numbers as floats, whatever else as NaN."""
    return np.fromiter(map(_number, values), np.float64, len(values))


def _number(value: Any) -> float:
    return float(value) if is_number(value) and abs(value) <= GREATEST else np.nan


def _holds(kept: Any, chance: float, caution: Caution, columns: int) -> bool:
    return bool(np.mean(kept) >= caution.mostly) and unlikely(chance, len(kept), columns)


def _equal_by_chance(left: Numbers, right: Numbers) -> float:
    """Return how often a value of one column equals one of the other, all being combined."""
    one, other = Counter(left.tolist()), Counter(right.tolist())
    return sum(count * other[value] for value, count in one.items()) / (len(left) * len(right))


def _above_by_chance(above: Numbers, below: Numbers) -> float:
    return float(np.mean(np.searchsorted(np.sort(below), above, side="right") / len(below)))


def _pair(kind: str, first: str, second: str, further: Mapping[str, Any]) -> Candidate:
    kwargs = {"column_A": first, "column_B": second, "ignore_row_if": "either_value_is_missing", **further}
    return Candidate(type=kind, kwargs=kwargs, why="independent columns with these values would hardly keep it")
