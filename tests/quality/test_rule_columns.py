"""Columns: typed views where they are exact, the values themselves where they are not."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
import pytest

from quality.rules import compile_suite, judge
from quality.rules.columns import Columns
from quality.rules.testing import suite

INEXACT: list[list[object]] = [[2**53], [1.5, 2**60], [10**400], [1, "a"], ["1"], [[1]], [-(2**53), None]]


class Counted(Sequence[object]):
    """A column that counts how often it is gone through."""

    def __init__(self, values: Sequence[object]) -> None:
        self.values = values
        self.times = 0

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, index: int) -> object: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[object]: ...
    def __getitem__(self, index: Any) -> Any:
        return self.values[index]

    def __iter__(self) -> Iterator[object]:
        self.times += 1
        return iter(self.values)


@pytest.mark.parametrize("values", INEXACT, ids=str)
def test_there_are_no_numbers_where_floats_would_not_be_exact(values: list[object]) -> None:
    """Text, mixed types, and integers that floats would round."""
    assert Columns({"x": values}, len(values)).numbers("x") is None


def test_numbers_are_floats_with_nan_for_what_is_absent() -> None:
    """True is 1, as everywhere in Python."""
    numbers = Columns({"x": [1, None, 2.5, True, math.nan, 2**53 - 1]}, 6).numbers("x")
    np.testing.assert_array_equal(numbers, np.array([1, np.nan, 2.5, 1, np.nan, 2**53 - 1]))


def test_a_column_that_is_missing_is_absent_in_every_row() -> None:
    """As one that holds nothing is."""
    assert [Columns(given, 2).absent("x").tolist() for given in ({}, {"x": [None, None]})] == [[True, True]] * 2


def test_a_column_is_converted_once_however_many_rules_ask() -> None:
    """Once for the types of its values, once for the numbers."""
    column = Counted([0.5, 1.5])
    between = "expect_column_values_to_be_between"
    plain = suite(*((between, {"column": "x", "max_value": most}) for most in range(2, 9)))
    assert judge(compile_suite(plain, None), {"x": column}, 2).violations == {}
    assert column.times <= 2
