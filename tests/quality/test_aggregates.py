"""Aggregate expectations: what windows say of them is what Great Expectations says of the rows, where they are sure."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from catalog.expectations import frame, run
from quality.aggregates import OF_ANYTHING, OF_NUMBERS, OF_TEXTS, Answer, aggregates, judged
from quality.rules.expectations import EXPECTATIONS, Place
from quality.sketches.fields import Field, fields_of
from quality.sketches.folding import merged, sketches_of
from schemas.samples import Payload

# A batch costs Great Expectations a tenth of a second, so each example judges many expectations.
BATCHES = settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    deadline=None,
)
Rows = list[dict[str, object]]


class Animal(Payload):
    """A number, a whole number and a text, all of which may be absent."""

    size: float | None
    legs: int | None
    name: str | None


sizes = st.one_of(st.none(), st.floats(-1e3, 1e3), st.floats(300, 301), st.just(0.1))
rows = st.lists(
    st.fixed_dictionaries(
        {
            "size": sizes,
            "legs": st.one_of(st.none(), st.integers(0, 8)),
            "name": st.one_of(st.none(), st.sampled_from("abcdef")),
        }
    ),
    min_size=2,
    max_size=60,
).filter(lambda found: all(any(row[name] is not None for row in found) for name in ("size", "legs", "name")))
bounds = st.tuples(st.floats(-100, 320), st.floats(0, 400)).map(
    lambda pair: {"min_value": pair[0], "max_value": pair[0] + pair[1]}
)
shares = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda pair: {"min_value": min(pair), "max_value": max(pair)})
counts = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(
    lambda pair: {"min_value": pair[0], "max_value": sum(pair)}
)
sets = st.builds(lambda names: {"value_set": sorted(names)}, st.sets(st.sampled_from("abcdefg"), min_size=1))
quantiles = st.builds(
    lambda share, low, span: {"quantile_ranges": {"quantiles": [share], "value_ranges": [[low, low + span]]}},
    st.sampled_from([0.0, 0.1, 0.5, 0.95, 1.0]),
    st.floats(-100, 320),
    st.floats(0, 200),
)
CASES: dict[str, tuple[str, Any]] = {
    "expect_column_distinct_values_to_be_in_set": ("name", sets),
    "expect_column_distinct_values_to_contain_set": ("name", sets),
    "expect_column_distinct_values_to_equal_set": ("name", sets),
    "expect_column_max_to_be_between": ("size", bounds),
    "expect_column_mean_to_be_between": ("size", bounds),
    "expect_column_median_to_be_between": ("size", bounds),
    "expect_column_min_to_be_between": ("legs", bounds),
    "expect_column_most_common_value_to_be_in_set": (
        "name",
        st.builds(lambda one, ties: {**one, "ties_okay": ties}, sets, st.booleans()),
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": ("size", shares),
    "expect_column_proportion_of_unique_values_to_be_between": ("name", shares),
    "expect_column_quantile_values_to_be_between": ("size", quantiles),
    "expect_column_stdev_to_be_between": ("size", bounds),
    "expect_column_sum_to_be_between": ("legs", bounds),
    "expect_column_unique_value_count_to_be_between": ("name", counts),
}
FIELDS = fields_of(Animal, Animal.model_fields)


def suite(*entries: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a suite of these expectations."""
    return {"name": "zoo", "expectations": [{"type": kind, "kwargs": kwargs, "meta": {}} for kind, kwargs in entries]}


def answers(plain: dict[str, Any], found: Rows, fields: tuple[Field, ...] = FIELDS) -> list[Answer]:
    """Return what the sketches of two halves of the rows say together."""
    halves = [
        sketches_of({name: [row[name] for row in half] for name in Animal.model_fields}, fields)
        for half in (found[::2], found[1::2])
    ]
    return [one.answer for one in judged(aggregates(plain, Animal, fields), merged(*halves))]


def test_every_windowed_expectation_is_judged_and_compared() -> None:
    """One that is added needs a judge, and generated data here."""
    windowed = {name for name, one in EXPECTATIONS.items() if one.place is Place.WINDOWED}
    assert {*OF_ANYTHING, *OF_NUMBERS, *OF_TEXTS} == windowed == CASES.keys()


@BATCHES
@given(found=rows, data=st.data())
def test_where_a_window_is_sure_the_gate_says_the_same(found: Rows, data: st.DataObject) -> None:
    """Each type, several times, with bounds near to and far from what is there.

    But for quantiles: of several expectations about those of a column Great Expectations looks at the first one's.
    """
    plain = suite(
        *(
            (kind, {"column": column, **data.draw(kwargs)})
            for kind, (column, kwargs) in CASES.items()
            for _ in range(1 if "quantile" in kind else 4)
        )
    )
    verdicts = run(plain, frame(found, plain))
    assert [verdict.error for verdict in verdicts if verdict.error] == []
    for verdict, answer, entry in zip(verdicts, answers(plain, found), plain["expectations"], strict=True):
        assert answer is Answer.UNSURE or verdict.success == (answer is Answer.HOLDS), entry


def test_what_is_exact_is_always_sure() -> None:
    """Extremes, counts and names, also on the bound itself."""
    found: Rows = [{"size": size, "legs": 4, "name": name} for size, name in ((1.5, "a"), (None, "b"), (2.5, "a"))]
    asked = [
        ("expect_column_max_to_be_between", {"column": "size", "max_value": 2.5}),
        ("expect_column_max_to_be_between", {"column": "size", "max_value": 2.5, "strict_max": True}),
        ("expect_column_proportion_of_non_null_values_to_be_between", {"column": "size", "min_value": 0.7}),
        ("expect_column_unique_value_count_to_be_between", {"column": "name", "min_value": 2, "max_value": 2}),
        ("expect_column_mean_to_be_between", {"column": "legs", "min_value": 3.9, "max_value": 4.1}),
    ]
    assert answers(suite(*asked), found) == ["holds", "broken", "broken", "holds", "holds"]


def test_a_bound_within_the_error_is_unsure() -> None:
    """The mean of many spread numbers is known to a fraction of a percent, and no better."""
    found: Rows = [{"size": size / 7, "legs": None, "name": None} for size in range(1, 1000)]
    mean = sum(float(str(row["size"])) for row in found) / len(found)
    asked = [
        ("expect_column_mean_to_be_between", {"column": "size", "min_value": mean * factor})
        for factor in (1, 0.99, 1.01)
    ]
    assert answers(suite(*asked), found) == ["unsure", "holds", "broken"]


@pytest.mark.parametrize(
    "kwargs", [{"column": "size", "min_value": 1, "row_condition": "legs > 3"}, {"column": "size"}, {"column": "sort"}]
)
def test_what_sketches_cannot_answer_is_left_to_the_gate(kwargs: dict[str, Any]) -> None:
    """A condition on rows, bounds that are none, and a column that is not sketched."""
    assert aggregates(suite(("expect_column_mean_to_be_between", kwargs)), Animal, FIELDS) == ()


def test_of_a_field_without_a_sketch_nothing_is_said() -> None:
    """A window of before the field was sketched is no reason to call anything broken."""
    plain = suite(("expect_column_max_to_be_between", {"column": "size", "max_value": 1}))
    (found,) = judged(aggregates(plain, Animal, FIELDS), {})
    assert (found.seen, found.answer) == ("nothing", Answer.UNSURE)
