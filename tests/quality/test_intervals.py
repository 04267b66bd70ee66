"""Intervals: against published values, a resampling of the data, and the laws they must keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.intervals import difference, paired_gain, wilson

Counts = st.integers(0, 300)


def test_wilson_agrees_with_newcombes_published_values() -> None:
    """Table I of Newcombe (1998, independent proportions) gives these for method 3, the score interval."""
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    found = {key: (round(wilson(*key).low, 4), round(wilson(*key).high, 4)) for key in published}
    assert found == published


def test_no_trials_say_nothing() -> None:
    """An empty test set gives the widest intervals instead of an error."""
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)
    nothing = paired_gain(both=0, only_new=0, only_old=0, neither=0)
    assert (nothing.low, nothing.high) == (-1, 1)


@given(successes=Counts, failures=Counts)
def test_wilson_holds_its_estimate_within_the_unit_interval(successes: int, failures: int) -> None:
    """Every bound is a share, and the estimate lies between them."""
    found = wilson(successes, successes + failures)
    assert 0 <= found.low <= found.estimate <= found.high <= 1


@given(both=Counts, only_new=Counts, only_old=Counts, neither=Counts)
def test_gain_changes_sign_when_the_models_change_places(both: int, only_new: int, only_old: int, neither: int) -> None:
    """Comparing old with new says the opposite of new with old, bound for bound."""
    forth = paired_gain(both=both, only_new=only_new, only_old=only_old, neither=neither)
    back = paired_gain(both=both, only_new=only_old, only_old=only_new, neither=neither)
    assert -1 <= forth.low <= forth.estimate <= forth.high <= 1
    assert (-back.high, -back.estimate, -back.low) == pytest.approx((forth.low, forth.estimate, forth.high))


def test_gain_agrees_with_resampling_the_pairs() -> None:
    """A paired bootstrap of 600 pairs (seed 7) gives the same interval within half a point."""
    pairs = np.repeat([0, 1, -1, 0], [400, 60, 30, 110])
    random = np.random.default_rng(7)
    drawn = random.choice(pairs, size=(4000, len(pairs))).mean(axis=1)
    found = paired_gain(both=400, only_new=60, only_old=30, neither=110)
    assert (found.low, found.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.005)


def test_equal_models_gain_nothing() -> None:
    """Two models right on the same items have a gain of 0, within an interval around it."""
    found = paired_gain(both=90, only_new=0, only_old=0, neither=10)
    assert found.estimate == 0
    assert found.low == pytest.approx(-found.high)
    assert 0 < found.high < 0.04


def test_impossible_counts_are_refused() -> None:
    """More successes than trials is a bug of the caller."""
    with pytest.raises(ValueError, match="must not be negative"):
        wilson(3, 2)


def test_difference_agrees_with_newcombes_published_values() -> None:
    """Table II of Newcombe (1998, difference of independent proportions) gives these for method 10."""
    published = {(56, 70, 48, 80): (0.0524, 0.3339), (9, 10, 3, 10): (0.1705, 0.8090), (10, 10, 0, 20): (0.6791, 1)}
    for (new, of_new, old, of_old), bounds in published.items():
        found = difference(wilson(new, of_new), wilson(old, of_old))
        assert (found.low, found.high) == pytest.approx(bounds, abs=0.0001)
