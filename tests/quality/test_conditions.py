"""Row conditions: which rows a rule speaks of, in every form that a suite may have them."""

import warnings
from typing import Any

import pytest

from quality.rules import compile_suite, judge
from quality.rules.testing import suite
from schemas.errors import InputError
from schemas.testing import Reading

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # as in catalog.expectations
    import great_expectations.expectations.row_conditions as gx
    from great_expectations.core import ExpectationSuite
    from great_expectations.expectations.core.expect_column_values_to_not_be_null import (
        ExpectColumnValuesToNotBeNull as NotNull,
    )

NOT_NULL = "expect_column_values_to_not_be_null"
# A column without values: the rows that break the rule are those of which it speaks.
COLUMN = "attributes.nothing"
DATA: dict[str, list[object]] = {
    "count": [2, 4, 4],
    "text": ["b", "b", "a"],
    "maybe": [1, None, None],
}


def spoken_of(plain: dict[str, Any]) -> list[int]:
    """Return the rows that a suite of one rule speaks of."""
    return sorted(judge(compile_suite(plain, None), DATA, 3).violations)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        (gx.Column("count") > 3, [1, 2]),
        (gx.Column("text").is_in(["a", "b"]), [0, 1, 2]),
        ((gx.Column("count") > 3) & gx.Column("text").is_not_null(), [1, 2]),
        (((gx.Column("count") > 3) & (gx.Column("maybe") <= 1.5)) | gx.Column("maybe").is_null(), [1, 2]),
        ("count > 3 and `text` == 'a'", [2]),
        ("2 < count <= 4 & ~maybe.notnull()", [1, 2]),
        (gx.PassThroughCondition(pass_through_filter="not (count <= 3 | text in ['a'])"), [1]),  # noqa: S106
    ],
    ids=repr,
)
@pytest.mark.filterwarnings("ignore:Passing a string to the row_condition:DeprecationWarning")
def test_a_row_condition_that_great_expectations_writes_is_read(condition: Any, rows: list[int]) -> None:
    """As a suite that was saved with it has it; one without values in the column tells which rows it speaks of."""
    made = ExpectationSuite(name="zoo", expectations=[NotNull(column=COLUMN, row_condition=condition)])
    assert spoken_of(made.to_json_dict()) == rows


@pytest.mark.parametrize(
    ("condition", "rows"),
    [('col("count") >= 4', [1, 2]), ('col("text") == "b"', [0, 1]), ('col("maybe").notnull()', [0])],
)
def test_the_older_language_of_row_conditions_is_read(condition: str, rows: list[int]) -> None:
    """Numbers, texts and presence."""
    kwargs = {"column": COLUMN, "row_condition": condition, "condition_parser": "great_expectations"}
    assert spoken_of(suite((NOT_NULL, kwargs))) == rows


def comparison(**changes: Any) -> dict[str, Any]:
    """Return a comparison as a suite has it; `changes` replace its parts."""
    return {"type": "comparison", "column": {"name": "highest"}, "operator": "<", "parameter": 1, **changes}


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("", "cannot be judged"),
        ("highest > ", "cannot be judged"),
        ("highest + 1 > 2", r"it holds 'highest \+ 1'"),
        ("highest", "it holds 'highest'"),
        ("highest.abs() > 1", r"it holds 'highest.abs\(\)'"),
        ("highest.any()", "it calls 'highest.any'"),
        ("1 < 2", "it compares '1' with '2'"),
        ("highest == [1, 2]", "must be a text"),
        ("@highest > 1", "cannot be judged"),
        ("colour > 1", "'colour', which samples of this contract do not have"),
        ("occurred_at > '2026-01-01'", "compares the time 'occurred_at'"),
        ({"type": "wonder"}, "not one that Great Expectations knows"),
        (comparison(operator="~"), "the operator ~"),
        (comparison(column="highest"), "needs a column"),
        (comparison(parameter=None), "compares with None"),
        (comparison(operator="IN", parameter=[1, "a"]), "asks for one of"),
        ({"type": "and", "conditions": [{"type": "or", "conditions": [comparison()]}]}, "an `and` of those"),
        ({"type": "and", "conditions": [comparison()] * 101}, "more than 100 conditions"),
        (3, "must be a condition"),
    ],
)
def test_a_condition_that_cannot_be_judged_is_refused(condition: object, message: str) -> None:
    """It says what can be."""
    with pytest.raises(InputError, match=message):
        compile_suite(suite((NOT_NULL, {"column": COLUMN, "row_condition": condition})), Reading)


@pytest.mark.parametrize(
    ("language", "message"), [("spark", "condition_parser is spark"), ("great_expectations", "is not of the form")]
)
def test_a_language_that_cannot_be_judged_is_refused(language: str, message: str) -> None:
    """Spark's is not pandas', and the older one knows a single comparison."""
    kwargs = {"column": COLUMN, "row_condition": "highest > 1", "condition_parser": language}
    with pytest.raises(InputError, match=message):
        compile_suite(suite((NOT_NULL, kwargs)), Reading)
