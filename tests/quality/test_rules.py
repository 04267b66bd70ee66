"""What a suite may hold: every expectation of Great Expectations has its place, and nothing else is let in."""

import re
import warnings
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue, computed_field

from quality.columns import row
from quality.rules import compile_suite, judge, violations
from quality.rules.expectations import EXPECTATIONS, Place
from quality.rules.testing import CASES, suite
from schemas.errors import InputError
from schemas.samples import Payload
from schemas.testing import Reading, sample
from schemas.verdicts import Severity

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # as in catalog.expectations
    from great_expectations.core import ExpectationSuite
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

DOCS = Path(__file__).parents[2] / "docs" / "expectations.md"
COLUMN = "attributes.x"
# What every expectation of Great Expectations has beside what it is about.
GENERAL = {
    "id", "meta", "notes", "description", "rendered_content", "windows", "batch_id", "severity", "library_metadata",
}  # fmt: skip


def test_every_expectation_of_great_expectations_has_its_place() -> None:
    """A new release must not bring one that nobody decided about."""
    assert sorted(EXPECTATIONS) == sorted(list_registered_expectation_implementations())


@pytest.mark.parametrize("kind", sorted(EXPECTATIONS))
def test_an_expectation_takes_what_great_expectations_gives_it(kind: str) -> None:
    """No option is refused that it knows, and none let in that it does not; but for one that it fails on."""
    fields = set(get_expectation_impl(kind).__fields__) - GENERAL
    broken = {"row_condition", "condition_parser"} if kind == "expect_column_pair_values_to_be_in_set" else set()
    assert EXPECTATIONS[kind].options == (fields | {"result_format", "catch_exceptions"}) - broken


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_what_great_expectations_writes_is_read(kind: str, data: st.DataObject) -> None:
    """A suite that was made and saved with it: it adds what it likes."""
    kwargs = data.draw(CASES[kind])
    made = ExpectationSuite(name="zoo", expectations=[ExpectationConfiguration(type=kind, kwargs=kwargs)])
    assert [rule.type for rule in compile_suite(made.to_json_dict(), None)] == [kind]


def test_the_documentation_lists_every_expectation() -> None:
    """With the place that the code gives it, and the reason."""
    rows = re.findall(r"^\| `(\w+)` \| ([\w ]+) \| (.*?) ?\|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(name, one.place, one.note) for name, one in EXPECTATIONS.items()]


class Kinds(Payload):
    """A column of each kind."""

    text: str
    many: list[int]
    day: date
    at: datetime | None = None
    maybe: float | None = None
    free: JsonValue = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def count(self) -> int:
        """How many."""
        return len(self.many)


BETWEEN = "expect_column_values_to_be_between"
LENGTHS = "expect_column_value_lengths_to_be_between"
LENGTH = "expect_column_value_lengths_to_equal"
IN_SET = "expect_column_values_to_be_in_set"
REGEX = "expect_column_values_to_match_regex"
NOT_NULL = "expect_column_values_to_not_be_null"
UNIQUE = "expect_column_values_to_be_unique"
LIKE = "expect_column_values_to_match_like_pattern"
PAIR = "expect_column_pair_values_a_to_be_greater_than_b"
IN_PAIRS = "expect_column_pair_values_to_be_in_set"
SUM = "expect_multicolumn_sum_to_equal"
FORMAT = "expect_column_values_to_match_strftime_format"
SCHEMA = "expect_column_values_to_match_json_schema"
OF_TYPE = "expect_column_values_to_be_of_type"
TYPES = "expect_column_values_to_be_in_type_list"
DATE = "expect_column_values_to_be_dateutil_parseable"
REGEXES = "expect_column_values_to_match_regex_list"
REFUSED: list[tuple[object, str]] = [
    ({"type": "expect_wonders", "kwargs": {"column": "count"}}, "expect_wonders is not supported"),
    ({"type": LIKE, "kwargs": {"column": "text", "like_pattern": "%"}}, "no LIKE on pandas: use .*_match_regex"),
    ({"kwargs": {"column": "count"}}, "an entry without type is not supported"),
    ({"type": ["a"], "kwargs": {}}, "is not supported"),
    ("a rule", "must be an object"),
    (None, "must be an object"),
    ({"type": NOT_NULL, "kwargs": ["count"]}, "needs an object of kwargs"),
    ({"type": NOT_NULL}, "needs column"),
    ({"type": NOT_NULL, "kwargs": {"column": 3}}, "needs column"),
    ({"type": NOT_NULL, "kwargs": {"column": "colour"}}, "'colour', which samples of this contract do not have"),
    ({"type": UNIQUE, "kwargs": {"column": "colour"}}, "'colour', which samples of this contract do not have"),
    (
        {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["text", "colour"]}},
        "'colour', which samples of this contract do not have",
    ),
    ({"type": NOT_NULL, "kwargs": {"column": "count", "mostly": 1.5}}, "sets mostly to 1.5"),
    ({"type": NOT_NULL, "kwargs": {"column": "count", "mostly": "most"}}, "mostly must be a finite number"),
    ({"type": IN_PAIRS, "kwargs": {"column_A": "count", "column_B": "maybe", "value_pairs_set": [1]}}, "list of pairs"),
    (
        {"type": IN_PAIRS, "kwargs": {"column_A": "text", "column_B": "text", "row_condition": "count > 1"}},
        "does not know row_condition",
    ),
    ({"type": PAIR, "kwargs": {"column_A": "count"}}, "needs column_A and column_B"),
    ({"type": PAIR, "kwargs": {"column_A": "count", "column_B": "maybe", "ignore_row_if": "never"}}, "one of both_"),
    ({"type": SUM, "kwargs": {"column_list": ["count"], "sum_total": 1}}, "at least two different columns"),
    ({"type": SUM, "kwargs": {"column_list": ["count", "text"], "sum_total": 1}}, "'text' holds string values"),
    ({"type": SUM, "kwargs": {"column_list": ["count", "maybe"]}}, "needs a number as `sum_total`"),
    ({"type": FORMAT, "kwargs": {"column": "text", "strftime_format": "%Q"}}, "'%Q' is not valid"),
    ({"type": FORMAT, "kwargs": {"column": "day", "strftime_format": "%Y"}}, "'day' holds time values"),
    ({"type": DATE, "kwargs": {"column": "count"}}, "'count' holds integer values"),
    ({"type": SCHEMA, "kwargs": {"column": "text"}}, "a `json_schema` is missing"),
    ({"type": SCHEMA, "kwargs": {"column": "text", "json_schema": {"type": 3}}}, "json_schema is not valid"),
    (
        {"type": SCHEMA, "kwargs": {"column": "text", "json_schema": {"items": [{"$ref": "http://a.example/b"}]}}},
        "refers to http://a.example/b: copy",
    ),
    ({"type": OF_TYPE, "kwargs": {"column": "count", "type_": "int64"}}, "'int64' is of tables"),
    ({"type": TYPES, "kwargs": {"column": "count", "type_list": ["int", "wonder"]}}, "type_list names 'wonder'"),
    ({"type": TYPES, "kwargs": {"column": "count", "type_list": ["int64"]}}, "type_list names 'int64'"),
    ({"type": REGEXES, "kwargs": {"column": "text", "regex_list": []}}, "list of at least one text"),
    ({"type": REGEXES, "kwargs": {"column": "text", "regex_list": ["a"], "match_on": "some"}}, "one of any, all"),
    ({"type": IN_SET, "kwargs": {"column": "occurred_at", "value_set": ["2026"]}}, "holds times"),
    ({"type": UNIQUE, "kwargs": {"column": "text", "mosly": 0.9}}, "does not know mosly"),
    (
        {"type": UNIQUE, "kwargs": {"column": "text", "mostly": {"$PARAMETER": "share"}}},
        "waits for a parameter as most",
    ),
    ({"type": "expect_table_row_count_to_equal"}, "needs value among its kwargs"),
    ({"type": NOT_NULL, "kwargs": {"column": "count"}, "severity": "fatal"}, "severity 'fatal'"),
    ({"type": NOT_NULL, "kwargs": {"column": "count"}, "severity": ["info"]}, "severity"),
    ({"type": BETWEEN, "kwargs": {"column": "count"}}, "bounds of a value are missing"),
    ({"type": BETWEEN, "kwargs": {"column": "count", "min_vale": 1, "max_value": 3}}, "does not know min_vale"),
    ({"type": BETWEEN, "kwargs": {"column": "count", "min_value": 3, "max_value": 1}}, "3 is above max_value 1"),
    ({"type": BETWEEN, "kwargs": {"column": "count", "min_value": "a"}}, "min_value must be a finite number"),
    ({"type": BETWEEN, "kwargs": {"column": "count", "min_value": True}}, "min_value must be a finite number"),
    ({"type": BETWEEN, "kwargs": {"column": "count", "max_value": float("nan")}}, "max_value must be a finite number"),
    ({"type": BETWEEN, "kwargs": {"column": "count", "max_value": 10**400}}, "max_value must be a finite number"),
    ({"type": BETWEEN, "kwargs": {"column": "count", "min_value": 1, "strict_min": "no"}}, "strict_min must be true"),
    ({"type": BETWEEN, "kwargs": {"column": "text", "min_value": 1}}, "'text' holds string values"),
    ({"type": BETWEEN, "kwargs": {"column": "at", "min_value": 1}}, "'at' holds time values"),
    ({"type": BETWEEN, "kwargs": {"column": "day", "min_value": 1}}, "'day' holds time values"),
    ({"type": BETWEEN, "kwargs": {"column": "occurred_at", "min_value": 1}}, "'occurred_at' holds time values"),
    ({"type": LENGTHS, "kwargs": {"column": "many", "min_value": 1}}, "'many' is not text"),
    ({"type": LENGTHS, "kwargs": {"column": "text", "min_value": "1"}}, "min_value must be a finite number"),
    ({"type": LENGTH, "kwargs": {"column": "text"}}, "needs a number as `value`"),
    ({"type": IN_SET, "kwargs": {"column": "text"}}, "value_set must be a list"),
    ({"type": IN_SET, "kwargs": {"column": "text", "value_set": "abc"}}, "value_set must be a list"),
    ({"type": IN_SET, "kwargs": {"column": "text", "value_set": [["a"]]}}, "value_set must be a list of texts"),
    ({"type": REGEX, "kwargs": {"column": "text"}}, "a `regex` is missing"),
    ({"type": REGEX, "kwargs": {"column": "text", "regex": "("}}, r"the regex '\(' is not valid"),
]
SOUND = [
    {"type": BETWEEN, "kwargs": {"column": "maybe", "min_value": 1}},
    {"type": BETWEEN, "kwargs": {"column": "free", "min_value": 1}},
    {"type": BETWEEN, "kwargs": {"column": "prediction.margin", "min_value": 0, "mostly": 0.5}},
    {"type": LENGTHS, "kwargs": {"column": "text", "max_value": 9}},
    {"type": NOT_NULL, "kwargs": {"column": "attributes.whatever", "row_condition": None}, "severity": None},
    {"type": UNIQUE, "kwargs": {"column": "sample_id", "mostly": 0.9}},
]


@pytest.mark.parametrize(("entry", "message"), REFUSED)
def test_what_cannot_be_judged_is_refused_by_name(entry: object, message: str) -> None:
    """Never skipped: a rule that is not judged would be taken for one that is kept."""
    with pytest.raises(InputError, match=f"^expectation 1: .*{message}"):
        compile_suite({"expectations": [entry]}, Kinds)


def test_everything_that_cannot_be_judged_is_named_at_once() -> None:
    """One line for each, with its place in the suite."""
    with pytest.raises(InputError) as caught:
        compile_suite({"expectations": [*SOUND, *(entry for entry, _ in REFUSED)]}, Kinds)
    places = [line.partition(":")[0] for line in str(caught.value).splitlines()]
    assert places == [f"expectation {len(SOUND) + place}" for place in range(1, len(REFUSED) + 1)]


def test_what_can_be_judged_is_let_in() -> None:
    """Rules on any attribute, on what may be absent, and on what may be anything; those of the gate are left to it."""
    rules = compile_suite({"expectations": SOUND}, Kinds)
    assert [rule.columns[0] for rule in rules] == ["maybe", "free", "prediction.margin", "text", "attributes.whatever"]


@pytest.mark.parametrize(
    "kind", sorted(name for name, one in EXPECTATIONS.items() if one.place in {Place.GATE, Place.WINDOWED})
)
def test_a_suite_for_the_gate_alone_is_refused(kind: str) -> None:
    """The stream would accept anything."""
    with pytest.raises(InputError, match="no row-level expectation"):
        compile_suite({"expectations": [{"type": kind, "kwargs": dict.fromkeys(EXPECTATIONS[kind].needs, 1)}]}, Kinds)


@pytest.mark.parametrize("plain", [{}, {"expectations": None}, {"expectations": {}}])
def test_a_suite_without_a_list_is_refused(plain: dict[str, Any]) -> None:
    """It is no suite."""
    with pytest.raises(InputError, match="no list of `expectations`"):
        compile_suite(plain, Kinds)


def test_a_violation_says_which_rule_where_what_and_what_is_allowed() -> None:
    """With the rule's severity; all of them, in the order of the suite."""
    entries = [
        {"type": BETWEEN, "kwargs": {"column": "highest", "max_value": 5, "strict_max": True}},
        {"type": IN_SET, "kwargs": {"column": "prediction.top", "value_set": ["dog"]}, "severity": "warning"},
        {"type": NOT_NULL, "kwargs": {"column": "media"}, "severity": "info"},
    ]
    (found,) = violations(compile_suite({"expectations": entries}, Reading), [row(sample(3))])
    assert [(one.rule, one.where, one.seen, one.allowed, one.severity) for one in found] == [
        (BETWEEN, "highest", "6.0", "a value < 5", Severity.CRITICAL),
        (IN_SET, "prediction.top", "cat", "one of ['dog']", Severity.WARNING),
        (NOT_NULL, "media", "None", "a value", Severity.INFO),
    ]


@pytest.mark.parametrize("value", ["dark", [1], {"a": 1}, 10**5_000], ids=["text", "list", "object", "huge"])
def test_a_value_that_a_rule_cannot_be_asked_of_breaks_it(value: object) -> None:
    """Where a field may be anything: the rule is not kept, and nothing fails."""
    plain = suite((BETWEEN, {"column": COLUMN, "max_value": 3}), (REGEX, {"column": COLUMN, "regex": "^ok$"}))
    (found,) = violations(compile_suite(plain, Reading), [{COLUMN: value}])
    assert [one.rule for one in found] == [BETWEEN, REGEX]


def test_no_rows_break_nothing() -> None:
    """A frame of nothing but dead letters."""
    assert violations(compile_suite(suite((NOT_NULL, {"column": COLUMN})), Reading), []) == []


def test_a_rule_that_allows_some_rows_to_break_it_rejects_none() -> None:
    """The row is marked at most; whether there are too many is said of a window."""
    entries = [
        {"type": NOT_NULL, "kwargs": {"column": COLUMN, "mostly": 0.9}, "severity": severity}
        for severity in ("critical", "warning", "info")
    ]
    (found,) = judge(compile_suite({"expectations": entries}, Kinds), {}, 1).violations.values()
    assert [one.severity for one in found] == [Severity.WARNING, Severity.WARNING, Severity.INFO]
