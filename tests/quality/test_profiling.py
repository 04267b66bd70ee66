"""Suggested rules: what good rows keep, no more than they say, and with the evidence."""

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quality.profiling import Caution, Suggestion, profile, steady, suggest, suite
from quality.profiling.caution import unseen_mass, violated_below
from quality.profiling.shapes import pattern, shape
from quality.profiling.testing import Table, tables
from quality.rules import compile_suite, judge
from quality.rules.testing import KINDS, PREFIX, columns

# As cautious as thirty rows allow.
DARING = Caution(violated=0.2, unseen=0.05)
LAWS = settings(max_examples=40, suppress_health_check=list(HealthCheck))
SET, RANGE = "expect_column_values_to_be_in_set", "expect_column_values_to_be_between"
REGEX, PRESENT = "expect_column_values_to_match_regex", "expect_column_values_to_not_be_null"
PAIRS, ABOVE = "expect_column_pair_values_to_be_in_set", "expect_column_pair_values_a_to_be_greater_than_b"
EQUAL, LENGTHS = "expect_column_pair_values_to_be_equal", "expect_column_value_lengths_to_be_between"


def broken(suggestions: Sequence[Suggestion], table: Table) -> Mapping[int, Any]:
    """Return what the rows of a table break, once the suite was written and read again."""
    if not suggestions:
        return {}
    plain = json.loads(json.dumps(suite("table", suggestions)))
    return judge(compile_suite(plain, None), table, len(next(iter(table.values())))).violations


def kwargs(suggestions: Sequence[Suggestion], kind: str, *names: str) -> Mapping[str, Any] | None:
    """Return the kwargs of the one suggestion of a kind about these columns, None without one."""
    found = [each.kwargs for each in suggestions if (each.type, each.columns) == (kind, names)]
    return found[0] if found else None


@LAWS
@given(tables(15))
def test_every_row_keeps_what_the_rows_suggest(table: Table) -> None:
    """Also once the suite was compiled from its JSON."""
    found = suggest(table, DARING)
    assert found
    assert broken(found, table) == {}


@LAWS
@given(columns(KINDS))
def test_columns_of_any_kind_keep_what_they_suggest(table: Table) -> None:
    """NaN, infinities, integers beyond all floats, decimals, times, nested values and several types in one column."""
    assert broken(suggest(table, DARING), table) == {}


@LAWS
@given(tables(15), st.data())
def test_rows_that_were_seen_break_nothing(table: Table, data: st.DataObject) -> None:
    """However often they come again: among them, nothing is asked to be unique."""
    again = data.draw(st.lists(st.integers(0, len(table["word"]) - 1), max_size=30))
    longer = {name: [*values, *(values[index] for index in again)] for name, values in table.items()}
    assert broken(suggest(table, DARING), longer) == {}
    assert broken(suggest(longer, DARING), table) == {}


@LAWS
@given(st.one_of(tables(15), columns(KINDS)), st.integers(0, 2**32))
def test_the_order_of_the_rows_changes_no_suggestion(table: Table, seed: int) -> None:
    """Not even how a suite is written."""
    order = list(range(len(next(iter(table.values())))))
    Random(seed).shuffle(order)  # noqa: S311 - the seed is Hypothesis's own
    turned = {name: [values[index] for index in order] for name, values in table.items()}
    one, other = (suite("w", suggest(each, DARING)) for each in (table, turned))
    assert json.dumps(one) == json.dumps(other)


@LAWS
@given(tables(15), st.floats(0.5, 1))
def test_as_many_rows_keep_a_suggestion_as_it_says(table: Table, mostly: float) -> None:
    """A rule that is kept by all of them sets no `mostly`."""
    for each in suggest(table, Caution(violated=0.2, mostly=mostly)):
        assert each.judged - each.broken >= mostly * each.judged
        assert ("mostly" in each.kwargs) == (each.broken > 0)


@LAWS
@given(tables(15))
def test_what_is_steady_is_suggested_too(table: Table) -> None:
    """It asks for more, so every row keeps it as well."""
    assert broken(steady(table, DARING), table) == {}


def test_each_kind_of_rule_is_suggested_where_columns_speak_for_it() -> None:
    """Four hundred rows of an invented machine."""
    random = Random(7)  # noqa: S311 - a fixed seed makes the same rows for everybody
    states = {"on": "1", "off": "0"}
    state = [random.choice(list(states)) for _ in range(400)]
    low = [random.uniform(0, 90) for _ in range(400)]
    table: Table = {
        "state": state,
        "bit": [states[each] for each in state],
        "low": low,
        "high": [each + random.uniform(0, 5) for each in low],
        "twin": low,
        "plate": [f"ab-{random.randrange(1000)}" for _ in range(400)],
        "note": [" ".join(random.choices(["to", "be,", "or", "Not."], k=random.randrange(5, 30))) for _ in range(400)],
    }
    found = suggest(table)
    assert kwargs(found, SET, "state") is not None
    assert kwargs(found, REGEX, "plate") == {"column": "plate", "regex": r"^[a-z]{2}\-[0-9]+$"}
    assert kwargs(found, RANGE, "low")["min_value"] == 0  # type: ignore[index]
    assert kwargs(found, ABOVE, "high", "low") is not None
    assert kwargs(found, EQUAL, "low", "twin") is not None
    assert sorted(kwargs(found, PAIRS, "bit", "state")["value_pairs_set"]) == [["0", "off"], ["1", "on"]]  # type: ignore[index]
    assert kwargs(found, LENGTHS, "note") is not None


def test_too_few_rows_suggest_nothing() -> None:
    """Of 299 good rows, 1 in 100 bad ones could still be missing by chance."""
    assert suggest({"a": ["x"] * 299}) == ()
    assert [each.type for each in suggest({"a": ["x"] * 300})] == [PRESENT, SET]


def test_values_of_which_some_are_unseen_are_not_listed() -> None:
    """One value in 400 rows seen once says that a coming row has 1 chance in 400 to show another."""
    often = ["a", "b"] * 200
    assert kwargs(suggest({"x": often}), SET, "x") is not None
    assert kwargs(suggest({"x": [*often[1:], "c"]}), SET, "x") is None
    assert unseen_mass(1, 400) == 0.0025


def test_accidental_relations_are_not_suggested() -> None:
    """That a number is never below another which is always far below says nothing; nor does a constant column."""
    random = Random(7)  # noqa: S311 - a fixed seed makes the same rows for everybody
    table = {"a": [random.uniform(9, 10) for _ in range(400)], "b": [random.uniform(0, 1) for _ in range(400)]}
    assert [each for each in suggest({**table, "c": ["k"] * 400}) if len(each.columns) > 1] == []


def test_identifiers_have_no_range() -> None:
    """The next one lies beyond it."""
    assert kwargs(suggest({"id": list(range(400))}), RANGE, "id") is None
    assert kwargs(suggest({"n": [index % 200 for index in range(400)]}), RANGE, "n") is not None


def test_a_sorted_table_lists_nothing_that_its_later_half_contradicts() -> None:
    """Forty rows of each city in turn: none is seen once, and still the next one is new."""
    table = {"city": [f"city {index // 40:02}" for index in range(800)], "kind": ["a", "b"] * 400}
    assert kwargs(suggest(table), SET, "city") is not None
    assert kwargs(steady(table), SET, "city") is None
    assert kwargs(steady(table), SET, "kind") is not None
    assert kwargs(steady(table), REGEX, "city") is not None


def test_rows_of_which_some_are_bad_still_suggest_what_most_keep() -> None:
    """What one row alone has is taken for bad; the rule allows its share."""
    table = {"x": [*["a", "b"] * 199, "oops", None]}
    assert kwargs(suggest(table), SET, "x") is None
    found = suggest(table, Caution(mostly=0.98))
    assert kwargs(found, SET, "x") == {"column": "x", "value_set": ["a", "b"], "mostly": 0.98}
    assert set(broken(found, table)) == {398, 399}


def test_the_evidence_stands_in_the_suite() -> None:
    """Rows seen and kept, the bound, and why; a person makes a warning critical."""
    (_, listed) = suite("s", suggest({"x": ["a", "b"] * 200}))["expectations"]
    assert listed["severity"] == "warning"
    assert listed["meta"] == {
        "notes": "2 different values in 400 rows, 0 of them seen once",
        "evidence": {
            "rows": 400,
            "judged": 400,
            "kept": 400,
            "violated_below": 0.0075,
            "distinct": 2,
            "unseen_mass": 0.0,
        },
    }


@given(st.integers(1, 10_000))
def test_the_rule_of_three_bounds_the_exact_limit(rows: int) -> None:
    """The exact one solves (1 - p)^n = 0.05, and is a little less."""
    exact = 1 - 0.05 ** (1 / rows)
    assert exact <= violated_below(rows, 0) <= min(1.0, exact * 3.2)


def test_violations_widen_the_bound() -> None:
    """Wilson's interval of 5 in 100."""
    assert violated_below(100, 5) == pytest.approx(0.1118, abs=1e-4)
    assert violated_below(0, 0) == 1


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8))
def test_a_pattern_matches_the_texts_that_it_was_made_of(texts: list[str]) -> None:
    """All of one shape, whatever characters they hold."""
    alike = [text for text in texts if shape(text) == shape(texts[0])]
    table = {"x": alike}
    entry = {"type": REGEX, "kwargs": {"column": "x", "regex": f"^{pattern(alike)}$"}}
    assert judge(compile_suite({"expectations": [entry]}, None), table, len(alike)).violations == {}


def test_a_profile_says_what_a_column_holds() -> None:
    """Equal values of different types are told apart."""
    found = profile("x", [1, 1.0, True, "ab", None, float("nan"), 1])
    assert (found.rows, found.nulls, found.distinct, found.once, found.unique) == (7, 2, 4, 3, False)
    assert found.values[0] == (1, 2)
    assert found.types == (("int", 2), ("bool", 1), ("float", 1), ("str", 1))
    assert (found.lengths, profile("y", ["a-1", "bc-22"]).lengths) == (None, (3, 5))
    assert profile("n", [4, 1, 3, 2, 5]).numbers.quantiles == (1.0, 2.0, 3.0, 4.0, 4.0)  # type: ignore[union-attr]


def test_columns_of_attributes_are_suggested_by_their_names() -> None:
    """As the stream calls them."""
    assert suggest({PREFIX + "origin": ["a"] * 300})[0].columns == ("attributes.origin",)
