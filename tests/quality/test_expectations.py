"""Row-level expectations: the same verdicts as Great Expectations, and no other expectation let in."""

import warnings
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue, computed_field

from catalog.expectations import frame, run
from quality.columns import row
from quality.expectations import GATE_ONLY, ROW_LEVEL, compile_suite, violations
from schemas.errors import InputError
from schemas.samples import Payload
from schemas.testing import Reading, finite, sample
from schemas.verdicts import Severity

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # as in catalog.expectations
    from great_expectations.core import ExpectationSuite
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

COLUMN = "attributes.x"
# A batch costs Great Expectations a tenth of a second, so each example judges many rows by many rules.
ROWS = 30
BATCHES = settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

small = st.integers(-4, 4)
numbers = st.one_of(small, small.map(lambda value: value / 2), finite, st.integers(-(2**53), 2**53), st.booleans())
words = st.text("ab1.- \né", max_size=5)
anything = st.one_of(numbers, words)
# Without groups: of those pandas warns.
patterns = st.sampled_from(
    ["^a", "b$", "a.b", r"^\d+$", r"\d\.\d", "[ab]{2}", "", "^$", "True", r"e[+-]\d\d", r"\s", "é"]
)


def columns(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Return a strategy for columns of many values: of one kind or of several, all present or some absent."""
    kinds = st.sampled_from([values, small, words if values is anything else numbers])
    some = kinds.flatmap(lambda kind: st.sampled_from([kind, kind | st.none()]))
    return some.flatmap(lambda value: st.lists(value, min_size=ROWS, max_size=ROWS))


@st.composite
def bounds(draw: st.DrawFn, limits: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Draw bounds that allow something: one or both, each strict, not strict, or silent about it."""
    low, high = sorted([draw(limits), draw(limits)])
    kept = draw(st.sampled_from([{"min_value": low}, {"max_value": high}, {"min_value": low, "max_value": high}]))
    strict = draw(st.fixed_dictionaries({}, optional={"strict_min": st.booleans(), "strict_max": st.booleans()}))
    return {**kept, **strict}


limits = st.one_of(small, small.map(lambda value: value / 2), finite)
sets = st.fixed_dictionaries({"value_set": st.lists(anything, max_size=6)})
regexes = st.fixed_dictionaries({"regex": patterns})
CASES: dict[str, tuple[st.SearchStrategy[Any], st.SearchStrategy[dict[str, Any]]]] = {
    "expect_column_value_lengths_to_be_between": (anything, bounds(st.integers(0, 5))),
    "expect_column_value_lengths_to_equal": (anything, st.fixed_dictionaries({"value": st.integers(0, 5)})),
    "expect_column_values_to_be_between": (numbers, bounds(limits)),
    "expect_column_values_to_be_in_set": (anything, sets),
    "expect_column_values_to_be_null": (anything, st.just({})),
    "expect_column_values_to_match_regex": (anything, regexes),
    "expect_column_values_to_not_be_in_set": (anything, sets),
    "expect_column_values_to_not_be_null": (anything, st.just({})),
    "expect_column_values_to_not_match_regex": (anything, regexes),
}


def suite(*entries: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a plain suite."""
    return {"name": "zoo", "expectations": [{"type": kind, "kwargs": kwargs} for kind, kwargs in entries]}


def on_the_stream(plain: dict[str, Any], column: list[Any]) -> list[tuple[int, ...]]:
    """Return which rows break each expectation, by the stream's rules."""
    rules = compile_suite(plain, Reading)
    return [
        tuple(index for index, found in enumerate(violations([rule], [{COLUMN: value} for value in column])) if found)
        for rule in rules
    ]


def at_the_gate(plain: dict[str, Any], column: list[Any]) -> list[tuple[int, ...]]:
    """Return which rows break each expectation, by Great Expectations, which must not fail."""
    verdicts = run(plain, frame([{COLUMN: value} for value in column], plain))
    assert [verdict.error for verdict in verdicts] == [None] * len(verdicts)
    return [verdict.rows for verdict in verdicts]


def test_every_row_level_expectation_is_compared() -> None:
    """One that is added needs generated data here."""
    assert CASES.keys() == ROW_LEVEL.keys()


@pytest.mark.parametrize("kind", CASES)
@BATCHES
@given(data=st.data())
def test_both_engines_give_the_same_verdicts(kind: str, data: st.DataObject) -> None:
    """Row by row, on columns of mixed kinds with absent values, for several rules at once."""
    values, kwargs = CASES[kind]
    column = data.draw(columns(values))
    drawn = data.draw(st.lists(kwargs, min_size=1, max_size=4, unique_by=repr))
    plain = suite(*((kind, {"column": COLUMN, **one}) for one in drawn))
    assert on_the_stream(plain, column) == at_the_gate(plain, column)


@pytest.mark.parametrize("column", [[None, None], [], [float("nan"), 1.0, None]], ids=["absent", "empty", "nan"])
def test_both_engines_agree_on_columns_of_nothing(column: list[Any]) -> None:
    """Absent values break the rule that forbids them and no other; NaN, from a computed field, is absent too."""
    given = {"min_value": 0, "value": 1, "value_set": [1], "regex": "^1"}
    names = {"equal": ["value"], "between": ["min_value"], "set": ["value_set"], "null": [], "regex": ["regex"]}
    plain = suite(
        *((kind, {"column": COLUMN, **{name: given[name] for name in names[kind.split("_")[-1]]}}) for kind in CASES)
    )
    if column:
        assert on_the_stream(plain, column) == at_the_gate(plain, column)
    assert on_the_stream(plain, column)[-2] == tuple(index for index, value in enumerate(column) if value != 1.0)


@pytest.mark.parametrize("column", [[1, 2.5], [True, 2], [1, "1"], [1, None], [1e22, 10**22], [2**70, 1]], ids=str)
def test_both_engines_agree_on_columns_of_several_types(column: list[Any]) -> None:
    """An attribute may be 1 here and 1.5 there; a table would make it 1.0 and 1.5."""
    plain = suite(
        ("expect_column_values_to_match_regex", {"column": COLUMN, "regex": "^1$"}),
        ("expect_column_value_lengths_to_equal", {"column": COLUMN, "value": 1}),
        ("expect_column_values_to_be_in_set", {"column": COLUMN, "value_set": [1, "2.5"]}),
    )
    assert on_the_stream(plain, column) == at_the_gate(plain, column)


@pytest.mark.filterwarnings("ignore:This pattern is interpreted:UserWarning")
def test_both_engines_agree_on_a_pattern_with_groups() -> None:
    """A warning of pandas, which judges all the same."""
    plain = suite(("expect_column_values_to_match_regex", {"column": COLUMN, "regex": "^(a|b)+$"}))
    column = ["ab", "abc", None, 1]
    assert on_the_stream(plain, column) == at_the_gate(plain, column) == [(1, 3)]


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=5)
@given(data=st.data())
def test_what_great_expectations_writes_is_read(kind: str, data: st.DataObject) -> None:
    """A suite that was made and saved with it: it adds what it likes."""
    kwargs = {"column": COLUMN, **data.draw(CASES[kind][1])}
    made = ExpectationSuite(name="zoo", expectations=[ExpectationConfiguration(type=kind, kwargs=kwargs)])
    assert [rule.type for rule in compile_suite(made.to_json_dict(), Reading)] == [kind]


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
REFUSED: list[tuple[object, str]] = [
    ({"type": "expect_column_values_to_be_increasing", "kwargs": {"column": "count"}}, "_increasing is not supported"),
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
    ({"type": NOT_NULL, "kwargs": {"column": "count", "mostly": 0.9}}, "sets mostly"),
    ({"type": NOT_NULL, "kwargs": {"column": "count", "mostly": 0}}, "sets mostly"),
    ({"type": NOT_NULL, "kwargs": {"column": "count", "row_condition": "count > 1"}}, "sets row_condition"),
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
    {"type": BETWEEN, "kwargs": {"column": "prediction.margin", "min_value": 0, "mostly": 1.0}},
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


@pytest.mark.parametrize("kind", sorted(GATE_ONLY))
def test_a_suite_for_the_gate_alone_is_refused(kind: str) -> None:
    """The stream would accept anything."""
    with pytest.raises(InputError, match="no row-level expectation"):
        compile_suite({"expectations": [{"type": kind, "kwargs": {}}]}, Kinds)


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
