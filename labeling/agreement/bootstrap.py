"""Bootstrap intervals of measures of agreement."""

from collections.abc import Callable

import numpy as np

from labeling.agreement.ratings import Measure, Numbers
from quality.intervals import Interval

# Resamples of an interval, and the part that it covers in percent.
RESAMPLES = 1000
COVERED = 95.0


def bootstrap(measure: Measure, count: int, *, seed: int, resamples: int = RESAMPLES) -> Interval | None:
    """Return a measure of `count` units with its 95 % percentile interval; None where either is undefined.

    Units are drawn with replacement, all answers to a unit together, since they are not independent of each
    other. Resamples in which the measure is undefined are left out; the interval is undefined where all are.

    Sources: Efron & Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13; for alpha and kappa: Zapf,
    Castell, Morawietz & Karch (2016), "Measuring inter-rater reliability for nominal data: which coefficients and
    confidence intervals are appropriate?", BMC Medical Research Methodology 16, which finds that this interval
    covers what it should.
    """
    return bootstrap_each(lambda weights: np.array([measure(weights)]), count, seed=seed, resamples=resamples)[0]


def bootstrap_each(
    measures: Callable[[Numbers], Numbers], count: int, *, seed: int, resamples: int = RESAMPLES
) -> list[Interval | None]:
    """Return several measures of the same `count` units likewise, each resample being drawn once for all of them."""
    estimates = measures(np.ones(count))
    if np.isnan(estimates).all():
        return [None] * len(estimates)
    random = np.random.default_rng(seed)
    drawn = (np.bincount(random.integers(0, count, count), minlength=count) for _ in range(resamples))
    found = np.array([measures(weights.astype(np.float64)) for weights in drawn])
    return [_interval(float(one), found[:, place]) for place, one in enumerate(estimates)]


def _interval(estimate: float, found: Numbers) -> Interval | None:
    tail = (100.0 - COVERED) / 2
    defined = found[~np.isnan(found)]
    if np.isnan(estimate) or not len(defined):
        return None
    low, high = np.percentile(defined, (tail, 100.0 - tail))
    return Interval(estimate=estimate, low=float(low), high=float(high))
