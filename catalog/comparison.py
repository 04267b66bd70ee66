"""Two models on the same gold rows, on all of them and slice by slice."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from labeling.agreement.bootstrap import bootstrap_each
from labeling.agreement.ratings import Numbers
from quality.intervals import Interval, paired_gain, wilson
from schemas.verdicts import Event

# The 95 % quantile of the standard normal distribution: bounds of which one side matters.
Z_ONE_SIDED = 1.6448536269514722
# Resamples are drawn alike each time, so that a report can be made again.
SEED = 20_261_127


class Comparison(Event):
    """What a model reaches on `test` gold rows, beside another one on the same.

    Accuracies have Wilson's 95 % interval. The gain has that of the paired bootstrap: rows are drawn with replacement,
    and both models judged on those drawn (Efron and Tibshirani 1993; `labeling.agreement.bootstrap`). With 95 %
    certainty it is no less than `bound`, which is Newcombe's for paired shares (`quality.intervals`): the bootstrap
    takes few rows on which both models agree for certainty.
    """

    test: int
    accuracy: Interval
    baseline_accuracy: Interval
    gain: Interval
    bound: float


def compare(
    right: Sequence[bool], baseline: Sequence[bool], groups: Sequence[Sequence[bool]]
) -> list[Comparison | None]:
    """Return a comparison for each group of rows, at least one; None where no row is in it.

    `right` and `baseline` say of each row whether the model, and the other one, are right; a group says of each row
    whether it is in it. Resamples are drawn once for all groups.
    """
    inside = np.array(groups, np.float64).T
    gained = np.array(right, np.float64) - np.array(baseline, np.float64)

    def gains(weights: Numbers) -> Numbers:
        counted: Numbers = weights @ inside
        mean: Numbers = np.full(len(counted), np.nan)
        np.divide((weights * gained) @ inside, counted, out=mean, where=counted > 0)
        return mean

    intervals = bootstrap_each(gains, len(right), seed=SEED)
    return [
        _comparison([pair for pair, is_in in zip(zip(right, baseline, strict=True), group, strict=True) if is_in], gain)
        for group, gain in zip(groups, intervals, strict=True)
    ]


def _comparison(pairs: Sequence[tuple[bool, bool]], gain: Interval | None) -> Comparison | None:
    if gain is None:
        return None
    found = Counter(pairs)
    both, only_new, only_old = found[True, True], found[True, False], found[False, True]
    counted = {"both": both, "only_new": only_new, "only_old": only_old, "neither": found[False, False]}
    return Comparison(
        test=len(pairs),
        accuracy=wilson(both + only_new, len(pairs)),
        baseline_accuracy=wilson(both + only_old, len(pairs)),
        gain=gain,
        bound=paired_gain(**counted, z=Z_ONE_SIDED).low,
    )
