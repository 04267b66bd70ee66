"""Krippendorff's alpha: how far labelers agree beyond chance, whatever kind of answers they give.

With difference δ² of two answers, m_u answers to unit u and n = Σ_u m_u over the units that have two or more:

    D_o = 1/n · Σ_u Σ_{i≠j in u} δ²_ij / (m_u - 1)
    D_e = 1/(n (n - 1)) · Σ_{i≠j} δ²_ij      over all answers, whatever their unit
    alpha = 1 - D_o / D_e, in (-1, 1]

Any number of answers a unit; units with fewer than two say nothing of agreement. Undefined where no unit has two
answers or all answers are the same. Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability".
"""

from collections.abc import Sequence
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from labeling.agreement.ratings import Codes, Measure, Numbers, Ratings
from schemas.answers import ClassName
from schemas.errors import InputError


def alpha(units: Sequence[Sequence[ClassName]]) -> float | None:
    """Return alpha for nominal answers; `units` holds the answers to each task. None where it is undefined."""
    rows = [(unit, "", answer) for unit, answers in enumerate(units) for answer in answers]
    ratings = Ratings.of(rows)
    found = nominal(ratings)(np.ones(ratings.count))
    return None if isnan(found) else found


def nominal(ratings: Ratings) -> Measure:
    """Return alpha for classes: δ² is 0 for the same and 1 for different answers.

    With n_uc answers c in unit u that is Σ_{i≠j in u} δ² = m_u² - Σ_c n_uc²; linear in the number of answers.
    """
    kept = ratings.pairable()
    counts = kept.counts
    same = counts.power(2).sum(axis=0)
    torn = _shared(kept.sizes, kept.sizes.astype(np.float64) ** 2 - same)

    def measure(weights: Numbers) -> float:
        given = counts @ weights
        answers = given.sum()
        return _alpha(float(weights @ torn), float(answers**2 - (given**2).sum()), answers)

    return measure


def interval(ratings: Ratings, numbers: Sequence[float]) -> Measure:
    """Return alpha for numbers on an interval scale: δ² = (x - y)²; answer c stands for `numbers[c]`.

    Σ_{i≠j} (x_i - x_j)² = 2 m Σ_i (x_i - mean)²; linear in the number of answers.
    """
    kept = ratings.pairable()
    scale = np.asarray(numbers, dtype=np.float64)
    if scale.shape != (len(kept.answers),) or not np.isfinite(scale).all():
        raise InputError(f"Alpha on an interval scale needs one finite number for each of {len(kept.answers)} answers.")

    counts, spread = kept.counts, _spread(kept, scale)

    def measure(weights: Numbers) -> float:
        return _squared(counts @ weights, scale, float(weights @ spread))

    return measure


def ordinal(ratings: Ratings) -> Measure:
    """Return alpha for ranks, in the order of `ratings.answers`: δ² = (Σ_{g from c to k} n_g - (n_c + n_k) / 2)².

    n_g counts the answers g; so δ is the difference of two answers' mean ranks, and alpha that of these on an
    interval scale.
    """
    kept = ratings.pairable()
    counts = kept.counts

    def measure(weights: Numbers) -> float:
        given = counts @ weights
        ranks = np.cumsum(given) - given / 2
        return _squared(given, ranks, float(weights @ _spread(kept, ranks)))

    return measure


def tabulated(ratings: Ratings, differences: NDArray[np.float64]) -> Measure:
    """Return alpha for any answers: `differences[c, k]` is the δ² of answers c and k; symmetric, 0 for the same.

    It takes the square of a unit's answers, and of the number of distinct ones.
    """
    kept = ratings.pairable()
    counts = kept.counts
    one, other = kept.pairs()
    found = 2 * differences[kept.values[one], kept.values[other]]
    torn = _shared(kept.sizes, np.bincount(kept.units[one], weights=found, minlength=kept.count).astype(np.float64))

    def measure(weights: Numbers) -> float:
        given = counts @ weights
        return _alpha(float(weights @ torn), float(given @ differences @ given), given.sum())

    return measure


def _spread(kept: Ratings, scale: Numbers) -> Numbers:
    """Return the squared differences within units, where answer c stands for the number `scale[c]`."""
    numbers, sizes = scale[kept.values], kept.sizes
    means = np.bincount(kept.units, weights=numbers, minlength=kept.count) / np.maximum(1, sizes)
    squares = np.bincount(kept.units, weights=(numbers - means[kept.units]) ** 2, minlength=kept.count)
    return _shared(sizes, 2.0 * sizes * squares)


def _squared(given: Numbers, scale: Numbers, observed: float) -> float:
    """Return alpha of numbers: `given[c]` answers stand for `scale[c]`, `observed` is what differs within units."""
    answers = given.sum()
    if np.count_nonzero(given) <= 1:
        return nan
    expected = 2 * answers * (given @ (scale - given @ scale / answers) ** 2)
    return _alpha(observed, float(expected), answers)


def _shared(sizes: Codes, differences: NDArray[np.floating]) -> Numbers:
    """Return the differences within units, each answer's shared by the m_u - 1 others that it is paired with."""
    return np.asarray(differences / np.maximum(1, sizes - 1), dtype=np.float64)


def _alpha(observed: float, expected: float, answers: float) -> float:
    """Return alpha from n D_o and n (n - 1) D_e."""
    return float(1 - (answers - 1) * observed / expected) if expected > 0 else nan
