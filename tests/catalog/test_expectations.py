"""Great Expectations, behind its one module: plain suites in, typed verdicts out."""

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.expectations import Lot, frame, framed, run, validate
from schemas.verdicts import Severity

ROWS: list[dict[str, object]] = [
    {"a": 1, "b": None, "s": "x"},
    {"a": 2, "b": 3, "s": None},
    {"a": 3, "b": None, "s": "y"},
    {"a": 40, "b": 7, "s": "z"},
]


def suite(*entries: tuple[str, dict[str, Any]], severity: str = "critical") -> dict[str, Any]:
    """Return a suite as its JSON file has it."""
    listed = [{"type": kind, "kwargs": kwargs, "meta": {}, "severity": severity} for kind, kwargs in entries]
    return {"name": "zoo", "expectations": listed}


def judge(plain: dict[str, Any]) -> list[tuple[bool, tuple[int, ...]]]:
    """Return success and unexpected rows of each expectation."""
    return [(verdict.success, verdict.rows) for verdict in run(plain, frame(ROWS, plain))]


def test_verdicts_come_in_the_order_of_the_suite_with_the_rows_that_broke_it() -> None:
    """Absent values break only the rule that forbids them, and integers beside them stay integers."""
    plain = suite(
        ("expect_column_values_to_match_regex", {"column": "b", "regex": "^[0-9]$"}),
        ("expect_column_values_to_not_be_null", {"column": "s"}),
        ("expect_column_mean_to_be_between", {"column": "b", "min_value": 5, "max_value": 5}),
        ("expect_column_values_to_be_between", {"column": "a", "max_value": 3}),
        ("expect_table_row_count_to_be_between", {"min_value": 5}),
    )
    assert judge(plain) == [(True, ()), (False, (1,)), (True, ()), (False, (3,)), (False, ())]


@pytest.mark.parametrize(
    ("kind", "kwargs", "error"),
    [
        ("expect_column_values_to_not_be_null", {"column": "zz"}, 'The column "zz" in BatchData does not exist'),
        ("expect_wonders", {"column": "a"}, "expect_wonders not found"),
        ("expect_column_values_to_be_between", {"column": "a", "min_vale": 1}, "min_vale"),
        ("expect_column_values_to_be_between", {"column": "s", "min_value": 1}, "of the same type"),
    ],
)
def test_what_cannot_be_judged_is_an_error_of_that_expectation(kind: str, kwargs: dict[str, Any], error: str) -> None:
    """A missing column, an unknown rule, a misspelt option: the others are judged all the same."""
    plain = suite((kind, kwargs), ("expect_column_values_to_not_be_null", {"column": "a"}))
    wrong, right = run(plain, frame(ROWS, plain))
    assert (wrong.type, wrong.success, right.success) == (kind, False, True)
    assert error in (wrong.error or "")


def test_an_attribute_that_no_row_has_is_absent_in_all_of_them() -> None:
    """Samples may lack any attribute, as they may on the stream."""
    plain = suite(
        ("expect_column_values_to_be_in_set", {"column": "attributes.noise", "value_set": ["car"]}),
        ("expect_column_values_to_not_be_null", {"column": "attributes.noise"}),
    )
    assert judge(plain) == [(True, ()), (False, (0, 1, 2, 3))]


def test_severity_is_kept() -> None:
    """Warnings are reported; without a severity a rule is critical."""
    plain = suite(("expect_column_values_to_not_be_null", {"column": "s"}), severity="warning")
    bare = {"expectations": [{"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "s"}}]}
    found = [run(one, frame(ROWS, one))[0].severity for one in (plain, bare)]
    assert found == [Severity.WARNING, Severity.CRITICAL]


def test_a_suite_without_expectations_has_no_verdicts() -> None:
    """Nothing was asked."""
    assert run({"name": "empty"}, frame(ROWS, {})) == ()


def test_great_expectations_own_document_is_the_same_for_the_same_rows() -> None:
    """In the order of the suite, and without ids and times of the run."""
    plain = suite(
        ("expect_column_values_to_match_regex", {"column": "b", "regex": "^[0-9]$"}),
        ("expect_column_values_to_be_between", {"column": "a", "max_value": 3}),
    )
    (one, other) = (validate(plain, frame(ROWS, plain))[1] for _ in range(2))
    assert json.loads(json.dumps(one)) == one == other
    assert [found["success"] for found in one["results"]] == [True, False]
    assert one["results"][1]["result"]["unexpected_index_list"] == [3]


def lot(rows: list[dict[str, object]]) -> Lot:
    """Return rows as columns; those of floats alone as arrays, as the contract check gives them."""
    columns = {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}
    floats = {name: np.array(values) for name, values in columns.items() if set(map(type, values)) == {float}}
    return len(rows), {**columns, **floats}


values = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.just(2**60), st.floats(0, 1), st.sampled_from("ab"))
some_rows = st.lists(st.dictionaries(st.sampled_from(("a", "b", "attributes.c")), values | st.floats(0, 1)), max_size=9)


@given(rows=some_rows, cuts=st.sets(st.integers(0, 9)), every=st.booleans(), as_is=st.booleans())
def test_rows_in_lots_are_the_frame_that_they_are_as_a_whole(
    rows: list[dict[str, object]], cuts: set[int], *, every: bool, as_is: bool
) -> None:
    """Wherever a lot ends, and whichever columns it lacks: values, types and order."""
    kind = "expect_column_values_to_be_of_type" if as_is else "expect_column_values_to_not_be_null"
    named = [(kind, {"column": name}) for name in ("a", "b", "attributes.c")]
    plain = suite(*named, *([("expect_table_column_count_to_equal", {"value": 3})] if every else []))
    bounds = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    lots = [lot(rows[first:last]) for first, last in pairwise(bounds)]
    pd.testing.assert_frame_equal(framed(lots, plain), frame(rows, plain))
