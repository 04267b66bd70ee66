"""Signals: scores from 0 to 1, by formulas checked by hand, and the same whatever stands beside a sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.ranking import rank
from quality.routing.bins import BINS, binned, chances, counted, supply, threshold
from quality.routing.calibration import calibrated, temperature
from quality.routing.disagreement import disagreement
from quality.routing.draws import draws
from quality.routing.rare import rare
from quality.routing.uncertain import MEASURES, of_margins, uncertain
from schemas.testing import scores

measures = st.sampled_from(sorted(MEASURES))
shares = st.dictionaries(st.sampled_from("abc"), st.floats(0, 1))
names = st.one_of(st.none(), st.sampled_from("abcd"))
# Probabilities of a few classes.
simplex = st.lists(st.floats(0.01, 1), min_size=1, max_size=5).map(lambda parts: [part / sum(parts) for part in parts])


@given(scored=st.lists(st.one_of(st.none(), scores), min_size=1, max_size=20), measure=measures, heat=st.floats(0.2, 5))
def test_every_uncertainty_is_within_the_unit_interval(
    scored: list[dict[str, float] | None], measure: str, heat: float
) -> None:
    """Whatever the scores sum to; without prediction nothing is known, and nothing is uncertain."""
    found = uncertain(scored, measure, heat)
    assert ((found >= 0) & (found <= 1)).all()
    assert all(value == 0 for value, one in zip(found, scored, strict=True) if not one)


@given(scored=st.lists(scores, min_size=1, max_size=20), measure=measures, heat=st.floats(0.2, 5))
def test_a_sample_scores_alike_in_any_company(scored: list[dict[str, float]], measure: str, heat: float) -> None:
    """A replay cuts the stream otherwise."""
    alone = [uncertain([one], measure, heat)[0] for one in scored]
    assert uncertain(scored, measure, heat).tolist() == alone


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("margin", 1 - (0.6 - 0.3)),
        ("entropy", -(0.6 * np.log(0.6) + 0.3 * np.log(0.3) + 0.1 * np.log(0.1)) / np.log(3)),
        ("least_confidence", (1 - 0.6) * 3 / 2),
    ],
)
def test_the_measures_by_hand(measure: str, expected: float) -> None:
    """For scores of 0.6, 0.3 and 0.1."""
    assert uncertain([{"a": 0.3, "b": 0.6, "c": 0.1}], measure, 1.0)[0] == pytest.approx(expected)


@given(parts=simplex, measure=measures)
def test_nothing_is_more_uncertain_than_even_scores(parts: list[float], measure: str) -> None:
    """And nothing less than a sure one."""
    even, sure = np.full(len(parts), 1 / len(parts)), np.eye(len(parts))[0]
    low, found, high = (MEASURES[measure](np.array([one]))[0] for one in (sure, parts, even))
    assert low - 1e-9 <= found <= high + 1e-9


@given(scored=scores)
def test_margins_that_are_known_already_are_not_worked_out_again(scored: dict[str, float]) -> None:
    """Uncalibrated, it is one less the margin that the ranking has, clipped; nothing without a prediction."""
    (margin,) = rank([scored]).margins
    assert margin is not None
    assert of_margins([margin, None]).tolist() == [min(1.0, max(0.0, 1.0 - margin)), 0.0]


@given(parts=simplex, heat=st.floats(0.2, 5))
def test_calibrated_scores_keep_their_order_and_their_sum(parts: list[float], heat: float) -> None:
    """That is all a temperature may do."""
    (found,) = calibrated(np.array([parts]) / 2, heat)
    assert found.sum() == pytest.approx(0.5)
    order = np.argsort(parts)
    assert (np.diff(found[order]) >= -1e-12).all()


@pytest.mark.parametrize("heat", [0.5, 1.0, 2.5])
def test_the_temperature_of_scores_is_found_again(heat: float) -> None:
    """From 4,000 answers drawn by the true probabilities: to within a tenth of its logarithm."""
    random = np.random.default_rng(4)
    true = random.dirichlet([0.6, 0.6, 0.6], 4_000)
    answers = [int(random.choice(3, p=one)) for one in true]
    told = calibrated(true, 1 / heat)  # what a model says that is overconfident by this temperature
    found = temperature(told.tolist(), answers, np.ones(4_000).tolist())
    assert np.log(found) == pytest.approx(np.log(heat), abs=0.1)


def test_without_answers_scores_stay_as_they_are() -> None:
    """A model is believed until it is shown wrong."""
    assert temperature([], [], []) == 1.0


@given(values=st.lists(names, min_size=1), seen=shares, below=st.floats(0.01, 1))
def test_rare_is_within_the_unit_interval(values: list[str | None], seen: dict[str, float], below: float) -> None:
    """Whatever was seen; an absent value is not rare."""
    found = rare(values, seen, below)
    assert ((found >= 0) & (found <= 1)).all()
    assert all(score == 0 for score, value in zip(found, values, strict=True) if value is None)


@pytest.mark.parametrize(("name", "expected"), [("never", 1.0), ("once", 0.5), ("twice", 0.0), ("often", 0.0)])
def test_rare_falls_linearly_to_its_bound(name: str, expected: float) -> None:
    """1 - q / below: a tenth is rare no more."""
    assert rare([name], {"once": 0.05, "twice": 0.1, "often": 0.85}, 0.1)[0] == pytest.approx(expected)


def test_nothing_is_rare_before_anything_was_seen() -> None:
    """Everything would be."""
    assert rare(["a"], {}, 0.5).tolist() == [0]


def test_models_disagree_where_both_say_something_else() -> None:
    """A class that is a number in one of them is the same class."""
    assert disagreement(["a", "a", "a", None, "7"], ["a", "b", None, "a", 7]).tolist() == [0, 1, 0, 0, 0]


@given(counts=st.lists(st.integers(0, 50), min_size=BINS, max_size=BINS), wanted=st.floats(0.001, 1))
def test_a_threshold_has_its_share_above(counts: list[int], wanted: float) -> None:
    """Exactly, for it may cut a bin; all there is above the first bin where that is less."""
    bins = np.array(counts, np.float64)
    place = threshold(bins, wanted)
    above = (bins[1:] * np.clip(np.arange(1, BINS) + 1 - place, 0, 1)).sum()
    assert 1 <= place <= BINS
    assert above == pytest.approx(min(wanted * bins.sum(), bins[1:].sum()))
    assert supply(bins) * bins.sum() == pytest.approx(bins[1:].sum())


@given(scored=st.lists(st.floats(0, 1), min_size=1), place=st.floats(1, BINS))
def test_chances_follow_the_threshold(scored: list[float], place: float) -> None:
    """0 in the first bin, whatever the threshold; never falling with the score."""
    found = chances(binned(np.array(scored)), place)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found[np.array(scored) * BINS < 1] == 0).all()
    assert (np.diff(found[np.argsort(scored, kind="stable")]) >= 0).all()


@given(scored=st.lists(st.floats(0, 1)))
def test_every_score_is_counted_in_its_bin(scored: list[float]) -> None:
    """The largest score too."""
    assert counted(binned(np.array(scored))).sum() == len(scored)
    assert all(0 <= one < BINS for one in binned(np.array(scored)).tolist())


@given(name=st.text(min_size=1), low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_larger_share_holds_the_smaller_one(name: str, low: float, high: float) -> None:
    """A raised share adds samples and drops none; none has nothing and all has everything."""
    (drawn,) = draws([name], ["audit"])[0]
    assert 0 <= drawn < 1
    assert (drawn < min(low, high)) <= (drawn < max(low, high))


def test_draws_are_uniform() -> None:
    """Over 20,000 ids in order, by chi-square over 20 cells: 43.8 is passed once in a thousand times."""
    ids = [f"scan-{number:06d}" for number in range(20_000)]
    cells = np.bincount((draws(ids, ["audit"])[:, 0] * 20).astype(int), minlength=20)
    assert ((cells - 1_000) ** 2 / 1_000).sum() < 43.8


def test_draws_for_different_purposes_are_independent() -> None:
    """By chi-square of a table of ten by ten: 81 degrees of freedom pass 126 once in a thousand times."""
    one, other = (draws([f"s{number}" for number in range(20_000)], ["audit", "rare"]) * 10).astype(int).T
    table = np.bincount(one * 10 + other, minlength=100).reshape(10, 10)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    assert ((table - expected) ** 2 / expected).sum() < 126
