"""What is measured of numbers, categories and labels, by examples worked out by hand and by laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from quality.drift.baseline import baseline, judged
from quality.drift.cause import Cause, Evidence, cause
from quality.drift.detectors import Detector, changes
from quality.drift.labeled import confidence
from quality.drift.performance import expected_accuracy, overconfidence
from quality.drift.ranks import ranks
from quality.drift.shares import shares
from quality.drift.stretch import Stretch
from quality.sketches.categories import counted
from quality.sketches.fields import Field, Kind
from quality.sketches.folding import sketches_of
from quality.sketches.numeric import Numbers

FIELD = Field(name="x", kind=Kind.NUMBER)
COUNTED = np.array([True])


def numbers(values: NDArray[np.float64]) -> Numbers:
    """Return the sketch of numbers."""
    found = sketches_of({"x": values}, (FIELD,))["x"].values
    assert isinstance(found, Numbers)
    return found


def windows(count: int, sums: list[float]) -> Stretch:
    """Return windows of so many records, and of one component."""
    return Stretch(counts=np.full((len(sums), 1), count), sums=np.array(sums)[:, None])


def test_ranks_of_the_reference_itself_are_centered_with_unit_shapes() -> None:
    """The mean rank is a half, its variance a twelfth, and Legendre's polynomials have mean 0 and variance 1."""
    values = np.random.default_rng(0).normal(size=5_000)
    against = ranks(numbers(values))
    found = against.measured(numbers(values))
    assert found.sums / found.count == pytest.approx([0.5, 0.0, 0.0, 0.0], abs=1e-3)
    assert against.variances == pytest.approx([1 / 12, 1.0, 1.0, 1.0], abs=2e-2)


def test_the_mean_rank_is_mann_and_whitneys_statistic() -> None:
    """Within what bins of a relative width leave open."""
    random = np.random.default_rng(1)
    before, after = random.normal(10, 1, 2_000), random.normal(10.5, 1, 300)
    found = ranks(numbers(before)).measured(numbers(after))
    expected = stats.mannwhitneyu(after, before).statistic / (len(before) * len(after))
    assert found.sums[0] / found.count == pytest.approx(expected, abs=5e-3)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.integers(0, 40))
def test_ranks_of_a_whole_are_the_sums_over_its_parts(values: list[float], cut: int) -> None:
    """So that windows merge."""
    against = ranks(numbers(np.random.default_rng(0).normal(0, 1e3, 500)))
    array = np.array(values)
    whole = against.measured(numbers(array)).sums
    parts = [against.measured(numbers(part)).sums for part in (array[:cut], array[cut:])]
    assert parts[0] + parts[1] == pytest.approx(whole, abs=1e-9)


def test_a_coarser_window_is_measured_on_the_scale_of_the_reference() -> None:
    """More values than bins make a sketch coarser; a reference that is told so is as coarse."""
    random = np.random.default_rng(2)
    fine, coarse = numbers(random.uniform(1, 4, 500)), numbers(random.uniform(0.001, 4, 50_000))
    assert coarse.level > fine.level
    found = ranks(fine, level=coarse.level).measured(coarse)
    assert found.sums[0] / found.count == pytest.approx(3 / 8, abs=1e-2)


def test_rare_categories_and_new_ones_are_one() -> None:
    """Those that came fewer than five times, and those that never came."""
    against = shares(counted(["a"] * 50 + ["b"] * 20 + ["c"] * 3))
    assert against.names == ("a", "b")
    assert against.measured(counted(["a", "c", "d", "d"])).sums.tolist() == [1.0, 0.0, 3.0]


def test_the_design_effect_is_the_ratio_of_the_variances() -> None:
    """Windows of 100 records whose shares lie a tenth around a half, where a twentieth were to be expected."""
    found = baseline(windows(100, [60.0, 40.0] * 10), np.array([0.25]), COUNTED)
    assert found.design[0] == pytest.approx(20 / 19 * 4)


def test_windows_that_vary_little_are_judged_as_independent_records() -> None:
    """A design effect is never below one."""
    assert baseline(windows(100, [50.0] * 10), np.array([0.25]), COUNTED).design[0] == 1.0


def test_one_record_of_what_never_came_is_no_alarm() -> None:
    """The conditional test of two rates: one of one in a window that has a 21st of the records."""
    against = baseline(windows(500, [0.0] * 20), np.array([1e-4]), COUNTED)
    assert judged(windows(500, [1.0]), against).p_values[0] == pytest.approx(2 / 21, abs=1e-6)


def test_small_p_values_are_no_more_frequent_than_they_say() -> None:
    """Of 2,000 quiet windows each of which has a level of its own; three standard errors are allowed."""
    random = np.random.default_rng(3)
    sums = random.normal(50 * random.normal(0, 0.3, (21, 2_000)), np.sqrt(50))
    many = Stretch(counts=np.full(sums.shape, 50), sums=sums)
    against = baseline(many[:20], np.ones(2_000), np.zeros(2_000, bool))
    found = judged(many[20:], against).p_values
    for level in (0.05, 0.01, 0.002):
        assert np.mean(found < level) < level + 3 * np.sqrt(level / 2_000)


def test_calibration_and_the_score_of_brier() -> None:
    """Scores of 0.9 and 0.7, of which the second was wrong."""
    assert confidence([0.9, 0.7], [True, False]).sums == pytest.approx([0.6, 0.01 + 0.49])


def test_the_expected_accuracy_is_the_mean_score() -> None:
    """A hundred scores of 0.8: 80 right, give or take 7.8; labels that agree with 60 of 100 contradict that."""
    expected = expected_accuracy(80.0, 64.0, 100)
    assert (expected.estimate, expected.low) == pytest.approx((0.8, 0.8 - 0.0784), abs=1e-4)
    assert overconfidence(expected, 60, 100).low > 0
    assert overconfidence(expected, 78, 100).low < 0


@pytest.mark.parametrize("detector", Detector)
def test_detectors_find_an_error_rate_that_rose_from_a_tenth_to_a_half(detector: Detector) -> None:
    """Soon after the thousandth label."""
    random = np.random.default_rng(4)
    errors = [*(random.random(1_000) < 0.1), *(random.random(1_000) < 0.5)]
    found = [place for place in changes(errors, detector) if place >= 1_000]
    assert found[0] < 1_300


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence(data=1e-6), Cause.WORLD),
        (Evidence(errors=1e-6), Cause.WORLD),
        (Evidence(errors=1e-6, guideline=True), Cause.GUIDELINE),
        (Evidence(errors=1e-6, data=1e-6, guideline=True), Cause.WORLD),
        (Evidence(errors=1e-6, gold=1e-4), Cause.LABELERS),
        (Evidence(errors=1e-6, gold=1e-4, guideline=True), Cause.LABELERS),
        (Evidence(guideline=True), Cause.WORLD),
    ],
)
def test_the_cause_is_what_explains_the_others(evidence: Evidence, expected: Cause) -> None:
    """Gold first, then data, then the guideline."""
    assert cause(evidence) is expected
