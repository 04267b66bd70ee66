"""For tests of rules: columns of every kind, and expectations of every compiled type with row conditions."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from hypothesis import strategies as st

from quality.rules.expectations import EXPECTATIONS

# Rows of the generated columns.
ROWS = 30
PREFIX = "attributes."
Kwargs = dict[str, Any]
Rows = Mapping[str, Sequence[object]]

small = st.integers(-4, 4)
halves = small.map(lambda value: value / 2)
floats = st.floats() | st.sampled_from([0.1, 0.2, 0.3, 1e22, -0.0])
large = st.sampled_from([2**53 - 1, 2**53, 2**53 + 1, 2**53 + 1, -(2**53) - 1, 2**63, -(2**70), 10**22])
numbers = st.one_of(small, halves, floats, large, st.booleans())
words = st.text("ab1.- \né", max_size=4) | st.sampled_from(["", "True", "nan", "None", "日本", "ß", "1.0"])
# Whole dates: what a partial one means depends on today in Great Expectations, and not on the stream.
dates = st.sampled_from(["2026-01-31", "2026-02-30", "5 May 2020", "08:00", "not a date", "2026-01-05T08:00+99:00", ""])
json_texts = st.sampled_from(["1", '"a"', "{}", '{"a": 1}', '{"a": "b"}', "[1]", "NaN", "null", "1e999"])
nested = st.sampled_from([[], [1], ["a"], {}, {"a": 1}])
anything = st.one_of(numbers, words, nested)

KINDS: dict[str, st.SearchStrategy[Any]] = {
    "whole": small,
    "half": halves,
    "float": floats,
    "large": small | large,
    "number": numbers,
    "flag": st.booleans(),
    "word": words,
    "date": dates,
    "json": json_texts,
    "mixed": numbers | words,
    "any": anything,
    "decimal": st.decimals(-9, 9, places=1),
    "time": st.datetimes(timezones=st.just(UTC)),
}
NUMERIC = ["whole", "half", "float", "large", "number", "flag", "decimal"]


def columns(strategies: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Rows]:
    """Return a strategy for a column of each kind, with absent values in some."""
    kept = {
        PREFIX + name: st.lists(values, min_size=ROWS, max_size=ROWS)
        | st.lists(values | st.none(), min_size=ROWS, max_size=ROWS)
        for name, values in strategies.items()
    }
    return st.fixed_dictionaries(kept)


def one_of(names: Sequence[str]) -> st.SearchStrategy[str]:
    """Return a strategy for a column of these kinds."""
    return st.sampled_from([PREFIX + name for name in names])


@st.composite
def bounds(draw: st.DrawFn, limits: st.SearchStrategy[Any]) -> Kwargs:
    """Draw bounds that allow something: one or both, each strict, not strict, or silent about it."""
    low, high = sorted([draw(limits), draw(limits)])
    kept = draw(st.sampled_from([{"min_value": low}, {"max_value": high}, {"min_value": low, "max_value": high}]))
    strict = draw(st.fixed_dictionaries({}, optional={"strict_min": st.booleans(), "strict_max": st.booleans()}))
    return {**kept, **strict}


# Bounds that values meet exactly.
limits = st.one_of(small, small, halves, st.sampled_from([2**53, -(2**53), 0.1, 1e22]))
scalars = st.one_of(small, halves, words, st.booleans(), large)
patterns = st.sampled_from(
    ["^a", "b$", "a.b", r"^\d+$", r"\d\.\d", "[ab]{2}", "", "^$", "(True|nan)", r"e[+-]\d\d", r"\s", "é", "(?i)A"]
)
schemas = st.sampled_from(
    [{"type": "object"}, {"type": ["integer", "string"]}, {"properties": {"a": {"type": "integer"}}}]
)
type_names = st.sampled_from(["int", "float", "str", "bool", "list", "dict", "Long"])


def column_of(*kinds: str, **kwargs: st.SearchStrategy[Any]) -> st.SearchStrategy[Kwargs]:
    """Return a strategy for kwargs with a column of these kinds."""
    return st.fixed_dictionaries({"column": one_of(kinds), **kwargs})


def bounded(kinds: Sequence[str], limits: st.SearchStrategy[Any]) -> st.SearchStrategy[Kwargs]:
    """Return a strategy for kwargs with a column and bounds."""
    return st.builds(lambda one, two: {**one, **two}, column_of(*kinds), bounds(limits))


def pair_of(*kinds: str, **kwargs: st.SearchStrategy[Any]) -> st.SearchStrategy[Kwargs]:
    """Return a strategy for kwargs with two columns of these kinds, and what to do where values are missing."""
    ignore = st.sampled_from(["both_values_are_missing", "either_value_is_missing", "neither"])
    names = {"column_A": one_of(kinds), "column_B": one_of(kinds)}
    return st.fixed_dictionaries({**names, **kwargs}, optional={"ignore_row_if": ignore})


def several_of(*kinds: str, **kwargs: st.SearchStrategy[Any]) -> st.SearchStrategy[Kwargs]:
    """Return a strategy for kwargs with two columns or more of these kinds."""
    ignore = st.sampled_from(["all_values_are_missing", "any_value_is_missing", "never"])
    names = {"column_list": st.lists(one_of(kinds), min_size=2, unique=True)}
    return st.fixed_dictionaries({**names, **kwargs}, optional={"ignore_row_if": ignore})


TIMED = tuple(KINDS)
ALL = TIMED[:-1]
HASHABLE = tuple(name for name in ALL if name != "any")
TEXT = ("word", "date", "json")
pairs = st.lists(st.tuples(scalars | st.none(), scalars).map(list), max_size=5)
CASES: dict[str, st.SearchStrategy[Kwargs]] = {
    "expect_column_pair_values_a_to_be_greater_than_b": pair_of(*NUMERIC, or_equal=st.booleans()) | pair_of(*TEXT),
    "expect_column_pair_values_to_be_equal": pair_of(*TIMED),
    "expect_column_pair_values_to_be_in_set": pair_of(*HASHABLE, value_pairs_set=pairs),
    "expect_column_value_lengths_to_be_between": bounded(TIMED, st.integers(0, 5)),
    "expect_column_value_lengths_to_equal": column_of(*TIMED, value=st.integers(0, 5)),
    "expect_column_values_to_be_between": bounded(NUMERIC, limits),
    "expect_column_values_to_be_dateutil_parseable": column_of("date"),
    "expect_column_values_to_be_in_set": column_of(*ALL, value_set=st.lists(scalars, max_size=6)),
    "expect_column_values_to_be_in_type_list": column_of(
        *ALL, type_list=st.lists(type_names, min_size=1, max_size=3).map(lambda names: [*names, "int64"])
    ),
    "expect_column_values_to_be_json_parseable": column_of(*ALL),
    "expect_column_values_to_be_null": column_of(*TIMED),
    "expect_column_values_to_be_of_type": column_of(*TIMED, type_=type_names),
    "expect_column_values_to_match_json_schema": column_of("json", json_schema=schemas),
    "expect_column_values_to_match_regex": column_of(*TIMED, regex=patterns),
    "expect_column_values_to_match_regex_list": column_of(
        *ALL, regex_list=st.lists(patterns, min_size=1, max_size=3), match_on=st.sampled_from(["any", "all"])
    ),
    "expect_column_values_to_match_strftime_format": column_of(
        *TEXT, strftime_format=st.sampled_from(["%Y-%m-%d", "%H:%M"])
    ),
    "expect_column_values_to_not_be_in_set": column_of(*ALL, value_set=st.lists(scalars, max_size=6)),
    "expect_column_values_to_not_be_null": column_of(*TIMED),
    "expect_column_values_to_not_match_regex": column_of(*TIMED, regex=patterns),
    "expect_column_values_to_not_match_regex_list": column_of(
        *ALL, regex_list=st.lists(patterns, min_size=1, max_size=3)
    ),
    "expect_multicolumn_sum_to_equal": several_of(*NUMERIC, sum_total=limits),
    "expect_multicolumn_values_to_be_equal": several_of(*TIMED),
    "expect_select_column_values_to_be_unique_within_record": several_of(*HASHABLE),
}


def leaf() -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for a condition about one column."""
    compared = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    numeric = st.tuples(st.sampled_from(NUMERIC), compared, small | halves | large)
    textual = st.tuples(st.just("word"), compared, st.sampled_from(["a", "b1", "", "é", 'q"', "it's"]))
    mixed = st.tuples(st.just("mixed"), st.sampled_from(["==", "!="]), scalars)
    listed = st.tuples(
        st.sampled_from(ALL),
        st.sampled_from(["IN", "NOT_IN"]),
        st.lists(small | halves, max_size=3) | st.lists(st.sampled_from(["a", "b", ""]), max_size=3),
    )
    comparison = st.one_of(numeric, textual, mixed, listed).map(
        lambda three: {
            "type": "comparison",
            "column": {"name": PREFIX + three[0]},
            "operator": three[1],
            "parameter": three[2],
        }
    )
    nullity = st.tuples(one_of(TIMED), st.booleans()).map(
        lambda two: {"type": "nullity", "column": {"name": two[0]}, "is_null": two[1]}
    )
    return comparison | nullity


def written(condition: dict[str, Any]) -> str:
    """Return a condition as pandas reads it."""
    if condition["type"] in {"and", "or"}:
        return f" {condition['type']} ".join(f"({written(part)})" for part in condition["conditions"])
    name = f"`{condition['column']['name']}`"
    if condition["type"] == "nullity":
        return f"{name}.isnull()" if condition["is_null"] else f"not {name}.isna()"
    return f"{name} {condition['operator'].lower().replace('_', ' ')} {condition['parameter']!r}"


ands = st.lists(leaf(), min_size=1, max_size=3).map(lambda parts: {"type": "and", "conditions": parts})
ors = st.lists(leaf() | ands, min_size=1, max_size=3).map(lambda parts: {"type": "or", "conditions": parts})
conditions = (leaf() | ands | ors).flatmap(
    lambda condition: st.sampled_from([{"row_condition": condition}, {"row_condition": written(condition)}])
)
CONDITIONED = [name for name in CASES if "row_condition" in EXPECTATIONS[name].options]


def suite(*entries: tuple[str, Kwargs]) -> dict[str, Any]:
    """Return a plain suite."""
    return {"name": "zoo", "expectations": [{"type": kind, "kwargs": kwargs} for kind, kwargs in entries]}
