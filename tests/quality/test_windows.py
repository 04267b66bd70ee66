"""Windows: statements about many rows, from counts that merge."""

from hypothesis import given
from hypothesis import strategies as st

from quality.rules import Window, compile_suite, judge, statements, windowed
from schemas.verdicts import Tally

BETWEEN = "expect_column_values_to_be_between"
SUITE = {
    "expectations": [
        {"type": BETWEEN, "kwargs": {"column": "x", "max_value": 5, "mostly": 0.75}},
        {"type": BETWEEN, "kwargs": {"column": "x", "max_value": 9}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "x", "mostly": 0.5}},
    ]
}
RULES = compile_suite(SUITE, None)
tallies = st.builds(Tally, judged=st.integers(0, 100), unexpected=st.integers(0, 100))
windows = st.builds(Window, tallies=st.dictionaries(st.sampled_from("abc"), tallies))


@given(windows, windows, windows)
def test_windows_merge_in_any_order(first: Window, second: Window, third: Window) -> None:
    """So partitions and frames may be folded as they come."""
    assert first.merge(second).tallies == second.merge(first).tallies
    assert first.merge(second).merge(third).tallies == first.merge(second.merge(third)).tallies


@given(windows)
def test_an_empty_window_changes_nothing(window: Window) -> None:
    """It is where folding starts."""
    assert window.merge(Window()).tallies == window.tallies


def test_only_rules_that_allow_some_rows_to_break_them_are_windowed() -> None:
    """The others are judged row by row, and rejected row by row."""
    assert [rule.mostly for rule in windowed(RULES)] == [0.75, 0.5]


def test_a_statement_counts_the_rows_that_have_a_value() -> None:
    """Presence itself is a statement about all of them."""
    window = judge(RULES, {"x": [1, 2, 3, 7, None, None]}, 6).window
    assert [one.tally for one in statements(RULES, window)] == [
        Tally(judged=4, unexpected=1),
        Tally(judged=6, unexpected=2),
    ]


def test_a_statement_is_broken_by_more_rows_than_it_allows() -> None:
    """A frame may break it that the window forgives."""
    first, second = (judge(RULES, {"x": values}, 2).window for values in ([1, 7], [1, 2]))
    found = [statements(RULES, window)[0].holds for window in (first, second, first.merge(second))]
    assert found == [False, True, True]


def test_of_no_rows_every_statement_holds() -> None:
    """As in Great Expectations."""
    assert [one.holds for one in statements(RULES, Window())] == [True, True]
