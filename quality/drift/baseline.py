"""A baseline: how much windows differ from each other while nothing drifts, and how unusual another one is beside it.

Records of a stream resemble their neighbours, so windows differ by more than independent records would make them: by
the design effect, the ratio of both variances, which is estimated from the baseline's own windows. With x̄ the mean of
a component over all N records of R windows, x_w that of the n_w records of a window, and v its variance over records,

    d = max(1, Σ n_w (x_w - x̄)² / ((R - 1) v))          t = (x - x̄) / √(v d (f_m / n + f_R / N))

and t is judged by Student's distribution with R - 1 degrees of freedom: windows are what is sampled, not records. f_m
makes up for m windows in a row that resemble each other: f_m = 1 + 2 Σ (1 - k/m) r^k over k < m, with r the correlation
of neighbouring windows where it is significant.

What tells windows apart beyond chance, a part 1 - 1/d of their variance, need not be normal: a spread that follows a
level, or bursts of a category, have heavy tails, and a few windows do not show how heavy. They are taken for those of
an exponential distribution, whose excess kurtosis is 6. Of a mean of m windows it is g = 6 (1 - 1/d)² / m, and
Student's distribution with that kurtosis has 4 + 6/g degrees of freedom: no more are taken.

Counts are judged by the conditional test of two Poisson rates as well, of counts divided by d: the greater p-value of
both counts, since neither rare values nor common ones may cry wolf.

Sources: Kish (1965), "Survey Sampling", for the design effect; Rao and Scott (1981), "The analysis of categorical data
from complex sample surveys", Journal of the American Statistical Association 76, for counts divided by it; Bartlett
(1946), "On the theoretical specification and sampling properties of autocorrelated time-series", for f_m; Przyborowski
and Wilenski (1940), Biometrika 31, for the conditional test.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, bdtrc, stdtr, stdtrit

from quality.drift.measured import Counts, Mask, Values
from quality.drift.stretch import Stretch
from quality.intervals import Interval

# The least windows of a baseline, and the least records with a value that are judged.
LEAST_WINDOWS, LEAST_RECORDS = 8, 30
# The correlation of neighbouring windows counts from so many standard errors on (one-sided, 5 %).
SIGNIFICANT = 1.645
# The excess kurtosis of an exponential distribution; and of what windows differ beyond chance, the least that counts.
EXPONENTIAL, LEAST_BEYOND = 6.0, 0.01
# Of the correlation itself, the most that is believed of so few windows.
MOST_CORRELATED = 0.9


@dataclass(frozen=True, kw_only=True, eq=False)
class Baseline:
    """What windows say of k components while nothing drifts; each field is (k,).

    - windows: R, how many have records; `total`: N, how many records they have
    - means, variances, design, correlation: x̄, v, d and r
    - counted: which components are counts of records
    """

    windows: Counts
    total: Counts
    means: Values
    variances: Values
    design: Values
    correlation: Values
    counted: Mask


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """How unusual a stretch of windows is: p-values, differences from the baseline, and their errors: (k,) each.

    `freedom` are the degrees of freedom by which the errors are known. What has fewer than `LEAST_RECORDS` has the
    p-value 1.
    """

    p_values: Values
    differences: Values
    errors: Values
    freedom: Values

    def effect(self, component: int) -> Interval:
        """Return by how much the mean of a component differs from the baseline's, with its interval of 95 %."""
        spread = float(stdtrit(self.freedom[component], 0.975) * self.errors[component])
        difference = float(self.differences[component])
        return Interval(estimate=difference, low=difference - spread, high=difference + spread)


def baseline(windows: Stretch, variances: Values, counted: Mask) -> Baseline:
    """Return what windows say; each component needs two with records, and `LEAST_WINDOWS` before it may be judged.

    `variances` are those of each component over records that are independent.
    """
    total, seen = windows.counts.sum(axis=0), windows.counts > 0
    means = windows.sums.sum(axis=0) / total
    off = np.where(seen, windows.sums / np.maximum(1, windows.counts) - means, 0.0)
    kept = seen.sum(axis=0)
    between = (windows.counts * off**2).sum(axis=0) / (kept - 1)
    return Baseline(
        windows=kept,
        total=total,
        means=means,
        variances=variances,
        design=np.maximum(1.0, between / variances),
        correlation=_correlation(off, kept),
        counted=counted,
    )


def judged(windows: Stretch, against: Baseline) -> Judged:
    """Return how unusual the sum of windows in a row is."""
    counts, sums, length = windows.counts.sum(axis=0), windows.sums.sum(axis=0), len(windows)
    spread = against.variances * against.design
    share = _resembling(against.correlation, length) / np.maximum(1, counts)
    rest = _resembling(against.correlation, int(against.windows.max(initial=1))) / against.total
    errors = np.sqrt(spread * (share + rest))
    differences = sums / np.maximum(1, counts) - against.means
    freedom = _freedom(against, length)
    p_values = 2.0 * stdtr(freedom, -np.abs(differences / errors))
    p_values = np.where(against.counted, np.maximum(p_values, _rates(counts, sums, against)), p_values)
    return Judged(
        p_values=np.where(counts >= LEAST_RECORDS, p_values, 1.0),
        differences=differences,
        errors=errors,
        freedom=freedom,
    )


def _rates(counts: Counts, sums: Values, against: Baseline) -> Values:
    """Return the p-values of the conditional test: of all such records, how many are the window's?"""
    here = np.maximum(0.0, sums) / against.design
    there = np.maximum(0.0, against.means) * against.total / against.design
    both = np.round(here + there).astype(np.int64)
    share = counts / (counts + against.total)
    few = bdtr(np.floor(here), both, share)
    many = np.where(here > 0, bdtrc(np.ceil(here) - 1, both, share), 1.0)
    found: Values = np.minimum(1.0, 2.0 * np.minimum(few, many))
    return found


def _correlation(off: Values, windows: Counts) -> Values:
    """Return the correlation of neighbouring windows, 0 where it may be chance."""
    squares = (off**2).sum(axis=0)
    found = (off[1:] * off[:-1]).sum(axis=0) / np.where(squares > 0, squares, 1.0)
    significant = found > SIGNIFICANT / np.sqrt(windows)
    kept: Values = np.where(significant, np.minimum(found, MOST_CORRELATED), 0.0)
    return kept


def _freedom(against: Baseline, length: int) -> Values:
    """Return the degrees of freedom by which the mean of `length` windows is judged."""
    beyond_chance = np.maximum(1.0 - 1.0 / against.design, LEAST_BEYOND)
    found: Values = np.minimum(against.windows - 1.0, 4.0 + 6.0 * length / (EXPONENTIAL * beyond_chance**2))
    return found


def _resembling(correlation: Values, length: int) -> Values:
    """Return f_m of `length` windows."""
    lags = np.arange(1, length)[:, None]
    found: Values = 1.0 + 2.0 * ((1.0 - lags / length) * correlation**lags).sum(axis=0)
    return found
