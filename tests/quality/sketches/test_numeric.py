"""Sketches of numbers: merging knows no order, and what they say holds within what they state."""

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from quality.sketches.bins import COARSEST, GREATEST, coarser, edges, keys_of
from quality.sketches.folding import sketched
from quality.sketches.numeric import BINS, Numbers, aligned
from quality.sketches.sketch import Sketch

Values = NDArray[np.float64]
anything = st.lists(st.floats(allow_nan=False), max_size=60).map(lambda found: np.array(found, np.float64))
# From one octave to more than there are bins for.
spreads = st.tuples(st.integers(0, 2**32 - 1), st.sampled_from([0.1, 1.0, 10.0, 30.0]))


def sketch(values: Values) -> Sketch:
    """Return the sketch of numbers, one a record."""
    return sketched({"x": values}, np.zeros(len(values), np.int64), 1)[0]["x"]


def numbers(values: Values) -> Numbers:
    """Return the numbers of the sketch."""
    found = sketch(values).values
    assert isinstance(found, Numbers)
    return found


def drawn(seed: int, spread: float, count: int = 4000) -> Values:
    """Return numbers of both signs, whose magnitudes spread over so many powers of e."""
    rng = np.random.default_rng(seed)
    magnitudes: Values = rng.lognormal(0.0, spread, count)
    magnitudes *= rng.choice([-1.0, 1.0], count)
    return magnitudes


@given(anything, st.lists(st.integers(0, 60), max_size=4))
def test_parts_of_any_cut_add_up_to_the_whole(values: Values, cuts: list[int]) -> None:
    """Sketches of parts add up to the very bytes of the sketch of all."""
    places = sorted({0, len(values), *(min(cut, len(values)) for cut in cuts)})
    parts = [sketch(values[begin:end]) for begin, end in pairwise(places)]
    assert sum(parts, start=sketch(values[:0])).to_bytes() == sketch(values).to_bytes()


@given(spreads, st.randoms(use_true_random=False), st.integers(1, 7))
def test_it_does_not_matter_in_which_order_many_merge(seeded: tuple[int, float], random: Random, count: int) -> None:
    """Nor how they are shared out, also where bins must become coarser."""
    values = drawn(*seeded)
    whole = sketch(values)
    shares = np.random.default_rng(seeded[0]).integers(0, count, len(values))
    parts = [sketch(values[shares == share]) for share in range(count)]
    while len(parts) > 1:
        random.shuffle(parts)
        parts.append(parts.pop() + parts.pop())
    assert parts[0].to_bytes() == whole.to_bytes()


@given(anything)
def test_bytes_are_the_sketch(values: Values) -> None:
    """What was written is read again, and nothing added changes nothing."""
    found = sketch(values)
    assert Sketch.from_bytes(found.to_bytes()).to_bytes() == found.to_bytes()
    assert (found + sketch(values[:0])).to_bytes() == found.to_bytes()


@given(spreads)
def test_bins_are_bounded(seeded: tuple[int, float]) -> None:
    """However the numbers spread, there are no more bins than stated."""
    found = numbers(drawn(*seeded))
    assert len(found.keys) <= BINS
    assert found.level <= COARSEST
    assert found.count == 4000


@given(spreads, st.floats(0, 1))
def test_quantiles_hold_within_the_stated_error(seeded: tuple[int, float], share: float) -> None:
    """A quantile lies within the relative error of the number of that rank, and between what it says."""
    values = np.clip(drawn(*seeded), -(2.0**63), 2.0**63)
    values = values[np.abs(values) > 2.0**-63]
    found, expected = numbers(values), np.sort(values)[int(share * (len(values) - 1))]
    middle, low, high = found.quantile(share)
    assert low <= expected <= high
    assert abs(middle - expected) <= found.error * abs(expected) * (1 + 1e-9)


@given(spreads.filter(lambda seeded: seeded[1] <= 10))
def test_moments_hold_within_the_stated_bounds(seeded: tuple[int, float]) -> None:
    """Mean and standard deviation of the numbers lie within what the sketch says."""
    values = drawn(*seeded)
    found, slack = numbers(values), 1e-9 * np.abs(values).max()
    _, low, high = found.mean
    assert low - slack <= values.mean() <= high + slack
    _, low, high = found.deviation
    assert low - slack <= values.std() <= high + slack


@given(st.floats(allow_nan=False), st.integers(0, COARSEST))
def test_a_number_lies_in_its_bin(value: float, level: int) -> None:
    """At every level the bin that a number's key names holds the number."""
    keys = coarser(keys_of(np.array([value])).astype(np.int64), level)
    low, high = edges(keys, level)
    assert low[0] <= value <= high[0]


@given(st.lists(st.floats(allow_nan=False), min_size=2, max_size=2), st.integers(0, COARSEST))
def test_keys_keep_the_order_of_numbers(values: list[float], level: int) -> None:
    """A greater number never has a smaller key."""
    low, high = coarser(keys_of(np.array(sorted(values))).astype(np.int64), level).tolist()
    assert low <= high <= GREATEST


def test_narrow_fields_are_told_apart() -> None:
    """Numbers near a large one, such as pressures or Kelvin, keep a resolution of a fraction of a percent."""
    values = np.random.default_rng(7).normal(1013.0, 8.0, 4000)
    found = numbers(values)
    assert found.level == 0
    assert found.quantiles([0.25, 0.75]) == pytest.approx(np.quantile(values, [0.25, 0.75]), abs=1.0)
    assert found.mean[0] == pytest.approx(values.mean(), abs=1.0)


def test_extremes_are_exact_and_zeros_have_no_sign() -> None:
    """The least and the greatest number are those that came."""
    found = numbers(np.array([-0.0, 3.3, 0.0]))
    assert (found.least, found.most) == (0.0, 3.3)


def test_aligned_sketches_have_their_counts_in_the_same_bins() -> None:
    """What two sketches counted stands side by side, at the level of the coarser one."""
    one, other = numbers(drawn(1, 30.0)), numbers(np.array([1.0, 1.001, 1.5, 4.0]))
    level, keys, counts = aligned([one, other])
    assert level == one.level > other.level
    assert counts.sum(axis=1).tolist() == [4000, 4]
    assert counts.shape == (2, len(keys))
    assert np.all(np.diff(keys) > 0)


def test_of_no_numbers_nothing_is_said() -> None:
    """A mean of nothing is no number, and a quantile an error."""
    assert np.isnan(Numbers().mean[0])
    with pytest.raises(ValueError, match="no numbers were counted"):
        Numbers().quantile(0.5)
