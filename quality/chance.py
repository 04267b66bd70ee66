"""What chance would do: the tests of findings, and their correction for how many were looked for."""

from collections.abc import Sequence
from math import nan

import numpy as np
from scipy.special import betainc, betaincinv, gammaln

from quality.intervals import Interval

# The corrected p-value up to which a pattern is a finding.
LEVEL = 0.05
# How often careful labelers differ in something for no reason: what a convention must exceed.
SLIPS = 0.02


def binomial_tail(successes: float, trials: float, chance: float) -> float:
    """Return the probability of so many successes or more.

    As the incomplete beta function it takes fractions too, of trials that count by a share from 0 to 1. These vary
    less than trials of 0 or 1 with the same mean (Hoeffding 1963, JASA 58), so the test errs to the safe side.
    """
    return float(betainc(successes, trials - successes + 1, chance)) if successes > 0 else 1.0


def sign_test(above: int, below: int) -> float:
    """Return the two-sided probability of signs so uneven where both are equally likely."""
    return min(1.0, 2 * binomial_tail(max(above, below), above + below, 0.5))


def hypergeometric_tail(hits: int, drawn: int, marked: int, count: int) -> float:
    """Return the probability that of `count`, `marked` of them marked, `drawn` hold so many marked or more.

    Source: Fisher (1935), "The Logic of Inductive Inference", JRSS 98(1): the one-sided exact test.
    """
    possible = np.arange(hits, min(drawn, marked) + 1)
    possible = possible[drawn - possible <= count - marked]
    logs = _choose(marked, possible) + _choose(count - marked, drawn - possible) - _choose(count, np.array(drawn))
    return min(1.0, float(np.exp(logs).sum()))


def _choose(count: int, drawn: np.ndarray) -> np.ndarray:
    found: np.ndarray = gammaln(count + 1) - gammaln(drawn + 1) - gammaln(count - drawn + 1)
    return found


def clopper_pearson(successes: float, trials: float) -> Interval:
    """Return the share of successes with its exact 95 % interval; of fractions as in `binomial_tail`.

    Source: Clopper & Pearson (1934), "The Use of Confidence or Fiducial Limits", Biometrika 26(4).
    """
    failures = trials - successes
    return Interval(
        estimate=successes / trials if trials else nan,
        low=float(betaincinv(successes, failures + 1, 0.025)) if successes > 0 else 0.0,
        high=float(betaincinv(successes + 1, failures, 0.975)) if failures > 0 else 1.0,
    )


def holm(p_values: Sequence[float], tests: int | None = None) -> list[float]:
    """Return p-values corrected so that under chance any is at most x with probability x; of `tests` in all.

    Tests whose p-value is not given count as ones that found nothing. The i-th smallest is multiplied by the number
    of tests from it on, and is no less than those before. Source: Holm (1979), "A Simple Sequentially Rejective
    Multiple Test Procedure", Scandinavian Journal of Statistics 6(2).
    """
    left = tests or len(p_values)
    corrected, least = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        least = max(least, min(1.0, (left - rank) * p_values[place]))
        corrected[place] = least
    return corrected
