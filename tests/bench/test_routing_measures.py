"""What the routing bench measures, by examples worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.routing.measures import (
    classes_found_over_time,
    macro_f1,
    near,
    near_duplicate_share,
    rare_classes,
    rare_recall,
    rare_recall_cap,
)
from bench.routing.sets import labeled_set
from bench.routing.summary import interval


def test_macro_f1_is_the_mean_over_the_classes_held_out() -> None:
    """F1 is 2/3, 4/5 and, for a class that is never predicted, 0; a class that is not there does not count."""
    assert macro_f1(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 3])) == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)


def test_rare_is_what_has_less_than_half_of_an_even_share() -> None:
    """Of 100 rows in four classes 25 are even; 12 are rare, and 13 are not."""
    assert rare_classes(np.array([45, 12, 30, 13])).tolist() == [1]
    assert rare_classes(np.array([88, 8, 0, 4])).tolist() == [3, 1]  # the rarest first; one without rows is none


def test_of_classes_of_which_none_is_rare_the_rarest_quarter_is() -> None:
    """One at least."""
    assert rare_classes(np.array([10, 10, 9])).tolist() == [2]
    assert rare_classes(np.array([9, 8, 9, 8, 9, 9, 9, 9])).tolist() == [1, 3]


def test_rare_recall_is_the_mean_over_rare_classes() -> None:
    """Half of one and all of the other."""
    codes = np.array([0, 1, 1, 2, 0, 0])
    assert rare_recall(codes, np.array([4, 1, 3]), np.array([2, 1])) == pytest.approx(0.75)


def test_the_cap_of_rare_recall_fills_the_rarest_class_first() -> None:
    """Of six labels two go to the class of two, and four to that of eight."""
    assert rare_recall_cap(np.array([2, 8]), 6) == pytest.approx((1.0 + 0.5) / 2)
    assert rare_recall_cap(np.array([2, 8]), 100) == 1.0


@given(st.lists(st.integers(0, 3), min_size=8, max_size=40), st.data())
def test_no_choice_of_labels_beats_the_cap(codes: list[int], data: st.DataObject) -> None:
    """Whichever rows are labeled."""
    stream = np.array(codes)
    labeled = data.draw(st.lists(st.sampled_from(range(len(codes))), unique=True, min_size=1))
    counts = np.bincount(stream, minlength=4)
    rare = rare_classes(counts)
    assert rare_recall(stream, np.array(labeled), rare) <= rare_recall_cap(counts[rare], len(labeled)) + 1e-12


def test_classes_are_counted_after_each_tenth_of_the_stream() -> None:
    """Labels at 0, 15 and 19 of 20 rows are of two classes, the second met at 15."""
    codes = np.array([0] * 10 + [1] * 10)
    assert classes_found_over_time(codes, np.array([0, 15, 19])) == (1, 1, 1, 1, 1, 1, 1, 2, 2, 2)


def test_a_near_duplicate_has_an_earlier_neighbour_within_epsilon() -> None:
    """The third repeats the first, the fifth is near the fourth; the first of a pair is none."""
    rows = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 0.0], [5.0, 5.0], [5.0, 5.5]], np.float32)
    assert near_duplicate_share(rows, 0.0) == pytest.approx(1 / 5)
    assert near_duplicate_share(rows, 0.5) == pytest.approx(2 / 5)


@given(st.integers(1, 600), st.integers(0, 3))
def test_near_duplicates_are_the_same_however_rows_are_compared(count: int, epsilon: int) -> None:
    """Blockwise, as one by one."""
    rows = np.random.default_rng(count).integers(0, 40, (count, 1)).astype(np.float32)
    one_by_one = [bool((np.abs(rows[:place] - rows[place]) <= epsilon).any()) for place in range(count)]
    assert near_duplicate_share(rows, epsilon) == pytest.approx(np.mean(one_by_one))


def test_near_is_as_near_as_a_nearest_neighbour_usually_is() -> None:
    """On an even grid of deviation sqrt(2) the neighbours are one step apart; where most rows have a twin, nothing."""
    assert near(labeled_set(np.arange(5.0)[:, None], list("aabbb"))) == pytest.approx(1 / 2**0.5)
    assert near(labeled_set(np.array([[0.0], [0.0], [1.0], [1.0], [7.0]]), list("aabbb"))) == 0.0


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=10))
def test_an_interval_lies_between_the_extremes_and_is_the_same_each_time(values: list[float]) -> None:
    """Whatever the seeds gave."""
    low, high = interval(values)
    assert min(values) - 1e-4 <= low <= high <= max(values) + 1e-4
    assert interval(values) == [low, high]
