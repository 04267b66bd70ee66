"""Two models on the same rows: what one gained, on all of them and slice by slice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.comparison import compare

pairs = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=40)


def test_accuracies_and_gain_are_of_the_same_rows() -> None:
    """The new model is right on three of four, the old on two: a quarter gained. The first two rows are a slice."""
    whole, one = compare(
        [True, True, True, False], [True, False, False, True], [[True] * 4, [True, True, False, False]]
    )
    assert whole is not None
    assert one is not None
    assert (whole.test, whole.accuracy.estimate, whole.baseline_accuracy.estimate) == (4, 0.75, 0.5)
    assert (whole.gain.estimate, one.test, one.gain.estimate) == (0.25, 2, 0.5)


def test_a_slice_without_rows_says_nothing() -> None:
    """It is neither worse nor better."""
    assert compare([True], [True], [[False]]) == [None]


@given(rows=pairs)
def test_gain_and_loss_mirror_each_other(rows: list[tuple[bool, bool, bool]]) -> None:
    """Whichever model is called the new one; bounds and intervals hold the estimate, and one report is like another."""
    new, old, inside = (list(column) for column in zip(*rows, strict=True))
    forth, back = compare(new, old, [inside]), compare(old, new, [inside])
    assert forth == compare(new, old, [inside])
    for one, other in zip(forth, back, strict=True):
        if one is None or other is None:
            assert one == other
            continue
        assert -one.gain.estimate == pytest.approx(other.gain.estimate)
        assert (-one.gain.low, -one.gain.high) == pytest.approx((other.gain.high, other.gain.low))
        assert one.gain.low <= one.gain.estimate <= one.gain.high
        assert -1 <= one.bound <= one.gain.estimate


def test_the_interval_is_newcombes_where_rows_are_many() -> None:
    """Of 660 pairs as in test_intervals: the bootstrap agrees with it to half a point, the bound with its lower end."""
    new = [True] * 460 + [False] * 200
    old = [True] * 400 + [False] * 60 + [True] * 30 + [False] * 170
    (found,) = compare(new, old, [[True] * 660])
    assert found is not None
    assert (found.gain.low, found.gain.high) == pytest.approx((0.0176, 0.0737), abs=0.005)
    assert found.bound == pytest.approx(0.022, abs=0.005)


def test_few_rows_on_which_both_agree_are_no_certainty() -> None:
    """No resample of them differs, so the bootstrap says nothing is lost; the bound does not."""
    (found,) = compare([True] * 20, [True] * 20, [[True] * 20])
    assert found is not None
    assert found.gain.low == found.gain.high == 0
    assert found.bound < -0.1
