"""One suite, two engines: for generated rows and rules, the stream finds the rows that Great Expectations finds."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from catalog.expectations import frame, run
from catalog.gate import Verdict
from quality.rules import Judgement, Rule, compile_suite, judge, statements
from quality.rules.expectations import EXPECTATIONS, Place
from quality.rules.testing import CASES, CONDITIONED, KINDS, PREFIX, ROWS, Kwargs, Rows, columns, conditions, suite

# A batch costs Great Expectations a tenth of a second and each expectation a hundredth, so each example judges many
# rows of many columns by several rules of every type, and a failing one is not made smaller.
RULES = 3
BATCHES = settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    deadline=None,
)


def judged(rules: Sequence[Rule], data: Rows) -> Judgement:
    """Return what the stream says of the rows."""
    return judge(rules, data, len(next(iter(data.values()))))


def on_the_stream(plain: dict[str, Any], data: Rows) -> list[tuple[int, ...]]:
    """Return which rows break each expectation, by the stream's rules."""
    return [tuple(judged([rule], data).violations) for rule in compile_suite(plain, None)]


def at_the_gate(plain: dict[str, Any], data: Rows) -> tuple[Verdict, ...]:
    """Return what Great Expectations says of each expectation."""
    rows = [dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)]
    return run(plain, frame(rows, plain))


def agree(stream: tuple[int, ...], gate: Verdict) -> bool:
    """Say whether both found the same rows; where Great Expectations raises, the stream must have found some."""
    return stream == gate.rows if gate.error is None else bool(stream)


def test_every_compiled_expectation_is_compared() -> None:
    """One that is added needs generated data here."""
    assert CASES.keys() == {name for name, one in EXPECTATIONS.items() if one.place is Place.COMPILED}


@pytest.mark.timeout(900)  # half a minute of a machine that does nothing else
@BATCHES
@given(data=st.data())
def test_both_engines_find_the_same_rows(data: st.DataObject) -> None:
    """Rules of every type, on columns of one kind and of several, with absent values, NaN and infinities."""
    rows = data.draw(columns(KINDS))
    plain = suite(*((kind, data.draw(kwargs)) for kind, kwargs in CASES.items() for _ in range(RULES)))
    found = zip(plain["expectations"], on_the_stream(plain, rows), at_the_gate(plain, rows), strict=True)
    assert [(entry, stream, gate) for entry, stream, gate in found if not agree(stream, gate)] == []


@BATCHES
@given(data=st.data())
def test_both_engines_agree_on_conditions_and_on_shares(data: st.DataObject) -> None:
    """On the rows that an expectation speaks of, and on whether enough of those keep it."""
    rows = data.draw(columns(KINDS))
    share = st.sampled_from([0, 0.3, 0.5, 0.8, 0.95])
    options = st.builds(lambda condition, mostly: {**condition, "mostly": mostly}, conditions, share)
    plain = suite(*((kind, {**data.draw(CASES[kind]), **data.draw(options)}) for kind in CONDITIONED))
    rules, gates = compile_suite(plain, None), at_the_gate(plain, rows)
    for rule, stream, gate in zip(rules, on_the_stream(plain, rows), gates, strict=True):
        assert agree(stream, gate), (gate, stream)
        (statement,) = statements([rule], judged([rule], rows).window)
        assert gate.error or (gate, statement.holds) == (gate, gate.success)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), cut=st.integers(0, ROWS))
def test_how_rows_are_cut_into_frames_changes_nothing(data: st.DataObject, cut: int) -> None:
    """The verdicts are the same, and the windows of the parts merge to that of the whole."""
    rows = data.draw(columns(KINDS))
    plain = suite(*((kind, {**data.draw(kwargs), "mostly": 0.5}) for kind, kwargs in CASES.items()))
    rules = compile_suite(plain, None)
    whole, first, last = (
        judged(rules, {name: values[part] for name, values in rows.items()})
        for part in (slice(None), slice(cut), slice(cut, None))
    )
    assert whole.violations == {**first.violations, **{row + cut: one for row, one in last.violations.items()}}
    assert whole.window == first.window.merge(last.window) == last.window.merge(first.window)


RAISING: list[tuple[str, Kwargs, list[object], tuple[int, ...]]] = [
    ("expect_column_values_to_be_between", {"max_value": 3}, [1, "dark", 9, None], (1, 2)),
    ("expect_column_values_to_be_dateutil_parseable", {}, ["5 May 2020", 3, "nothing"], (1, 2)),
    ("expect_column_values_to_match_strftime_format", {"strftime_format": "%Y"}, ["2020", 2020, "x"], (1, 2)),
    ("expect_column_values_to_match_json_schema", {"json_schema": {"type": "object"}}, ["{}", "{", "1"], (1, 2)),
    ("expect_column_values_to_be_null", {"row_condition": f"`{PREFIX}x` > 1"}, [1, "a", 2], (1, 2)),
]


@pytest.mark.parametrize(("kind", "kwargs", "column", "broken"), RAISING, ids=[case[0] for case in RAISING])
def test_where_great_expectations_raises_only_the_value_that_it_raises_for_counts(
    kind: str, kwargs: Kwargs, column: list[object], broken: tuple[int, ...]
) -> None:
    """It judges nothing then; the stream judges the others all the same, and takes that value for broken."""
    plain = suite((kind, {"column": PREFIX + "x", **kwargs}))
    (gate,) = at_the_gate(plain, {PREFIX + "x": column})
    assert (on_the_stream(plain, {PREFIX + "x": column}), gate.error is None) == ([broken], False)


@pytest.mark.parametrize("column", [[1, 2.5], [True, 2], [1, "1"], [1, None], [1e22, 10**22], [2**70, 1], [2**53 + 1]])
def test_both_engines_agree_on_columns_of_several_types(column: list[Any]) -> None:
    """An attribute may be 1 here and 1.5 there, and large integers are not rounded."""
    names = {"column": PREFIX + "x"}
    plain = suite(
        ("expect_column_values_to_match_regex", {**names, "regex": "^1$"}),
        ("expect_column_value_lengths_to_equal", {**names, "value": 1}),
        ("expect_column_values_to_be_in_set", {**names, "value_set": [1, "2.5", float(2**53)]}),
        ("expect_column_values_to_not_be_null", names),
    )
    plain["expectations"] += (
        []
        if "1" in column
        else suite(("expect_column_values_to_be_between", {**names, "max_value": 2**53}))["expectations"]
    )
    data = {PREFIX + "x": column}
    assert on_the_stream(plain, data) == [verdict.rows for verdict in at_the_gate(plain, data)]
