"""Breakdowns: the same measure of a part."""

import numpy as np
import pytest

from labeling.agreement.bootstrap import bootstrap
from labeling.agreement.breakdown import Part, by_class, by_classes, by_key, by_labelers
from labeling.agreement.cohen import kappa
from labeling.agreement.krippendorff import nominal
from labeling.agreement.ratings import Ratings

# Twelve units by two or three labelers: "a" and "b" get confused, on the second half of the units.
ANSWERS = ("aa", "bbb", "cc", "aa", "bb", "ccc", "ab", "ba", "ab", "cc", "aa", "bb")
HALVES = ["first"] * 6 + ["second"] * 6
RATINGS = Ratings.of(
    [(unit, f"labeler {place}", answer) for unit, answers in enumerate(ANSWERS) for place, answer in enumerate(answers)]
)


def estimate(part: Part) -> float | None:
    """Return what a part measures."""
    return part.measure.estimate if part.measure else None


def test_a_slice_has_the_measure_of_its_units_alone() -> None:
    """By whatever key tells units apart: slice, source, week."""
    found = by_key(RATINGS, nominal, HALVES, seed=1, resamples=50)
    assert {key: part.units for key, part in found.items()} == {"first": 6, "second": 6}
    second = RATINGS.take(np.arange(6, 12))
    assert found["first"].measure is not None
    assert (estimate(found["first"]), found["first"].measure.low) == (1.0, 1.0)
    assert found["second"].measure == bootstrap(nominal(second), 6, seed=1, resamples=50)


def test_two_labelers_are_compared_where_they_answered_enough_together() -> None:
    """By Cohen's kappa; the third labeler shares two units with either."""
    found = by_labelers(RATINGS, seed=1, shared=3, resamples=50)
    first, second = zip(*(answers[:2] for answers in ANSWERS), strict=True)
    assert list(found) == [("labeler 0", "labeler 1")]
    assert estimate(found["labeler 0", "labeler 1"]) == kappa(first, second)


def test_the_class_pair_that_is_confused_comes_first_and_alpha_is_the_mean_of_all_pairs() -> None:
    """Weighted by what chance expects; what was never confused is 1."""
    found = by_classes(RATINGS, seed=1, resamples=50)
    assert {pair: part.units for pair, part in found.items()} == {("a", "b"): 3}
    counts = np.bincount(RATINGS.values)
    expected = {(one, other): counts[one] * counts[other] for one, other in ((0, 1), (0, 2), (1, 2))}
    apart = estimate(found["a", "b"])
    assert apart is not None
    mean = (apart * expected[0, 1] + expected[0, 2] + expected[1, 2]) / sum(expected.values())
    assert mean == pytest.approx(nominal(RATINGS)(np.ones(RATINGS.count)))


def test_each_class_of_sets_is_a_question_of_its_own() -> None:
    """All agree on who holds "c", nobody on "a"."""
    sets = [
        (0, "x", {"a", "c"}),
        (0, "y", {"c"}),
        (1, "x", {"b"}),
        (1, "y", {"a", "b"}),
        (2, "x", {"c"}),
        (2, "y", {"c"}),
    ]
    ratings = Ratings.of([(unit, name, frozenset(answer)) for unit, name, answer in sets])
    found = by_class(ratings, seed=1, resamples=50)
    assert {name: (part.units, estimate(part)) for name, part in found.items()} == {
        "a": (2, pytest.approx(-0.25)),
        "c": (2, 1.0),
        "b": (1, 1.0),
    }
