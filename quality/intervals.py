"""Intervals of proportions: what a count says of the share behind it."""

from dataclasses import dataclass
from math import sqrt

# The 97.5 % quantile of the standard normal distribution: two-sided intervals of 95 %.
Z_95 = 1.959963984540054


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate with the bounds of its 95 % interval."""

    estimate: float
    low: float
    high: float


def wilson(successes: int, trials: int, *, z: float = Z_95) -> Interval:
    """Return the share of successes with Wilson's score interval.

    With p = x/n:  (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n). No trials leave [0, 1], around 0.5.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
    the American Statistical Association 22 (1927), 209-212.
    """
    _check_counts(successes, trials - successes)
    if trials == 0:
        return Interval(estimate=0.5, low=0.0, high=1.0)
    share = successes / trials
    center = share + z * z / (2 * trials)
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    low = max(0.0, (center - spread) / scale) if successes else 0.0
    high = min(1.0, (center + spread) / scale) if successes < trials else 1.0
    return Interval(estimate=share, low=low, high=high)


def paired_gain(*, both: int, only_new: int, only_old: int, neither: int, z: float = Z_95) -> Interval:
    """Return by how much the new share exceeds the old one, on the same trials, with an interval.

    `both`, `only_new`, `only_old` and `neither` count the trials at which both succeeded, one did, or none.
    Wilson's bounds of the two shares are combined, with their correlation φ (corrected for continuity where
    it is positive). No trials leave [-1, 1], around 0.

    Source: R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions
    based on paired data", Statistics in Medicine 17 (1998), 2635-2650; method 10.
    """
    _check_counts(both, only_new, only_old, neither)
    trials = both + only_new + only_old + neither
    if trials == 0:
        return Interval(estimate=0.0, low=-1.0, high=1.0)
    new, old = wilson(both + only_new, trials, z=z), wilson(both + only_old, trials, z=z)
    phi = _correlation(both, only_new, only_old, neither)
    gain = (only_new - only_old) / trials
    return Interval(
        estimate=gain,
        low=max(-1.0, gain - _combined(new.estimate - new.low, old.high - old.estimate, phi)),
        high=min(1.0, gain + _combined(new.high - new.estimate, old.estimate - old.low, phi)),
    )


def difference(new: Interval, old: Interval) -> Interval:
    """Return by how much the new estimate exceeds the old one, which came from other trials, with an interval.

    The bounds of both are combined: low = new - old - sqrt((new - new.low)² + (old.high - old)²), high likewise.

    Source: Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine
    17 (1998), 873-890, method 10, where the bounds are Wilson's; of any others, Zou and Donner, "Construction of
    confidence limits about effect measures", Statistics in Medicine 27 (2008), 1693-1702.
    """
    excess = new.estimate - old.estimate
    return Interval(
        estimate=excess,
        low=excess - _combined(new.estimate - new.low, old.high - old.estimate, 0.0),
        high=excess + _combined(new.high - new.estimate, old.estimate - old.low, 0.0),
    )


def _combined(one: float, other: float, phi: float) -> float:
    """Return the spread of a difference; rounding must not make its square negative."""
    return sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))


def _correlation(both: int, only_new: int, only_old: int, neither: int) -> float:
    margins = (both + only_new) * (only_old + neither) * (both + only_old) * (only_new + neither)
    if margins == 0:
        return 0.0
    association = float(both * neither - only_new * only_old)
    if association > 0:
        association = max(0.0, association - (both + only_new + only_old + neither) / 2)
    return association / sqrt(margins)


def _check_counts(*counts: int) -> None:
    if min(counts) < 0:
        raise ValueError(f"counts must not be negative, and successes not exceed trials: {counts}")
